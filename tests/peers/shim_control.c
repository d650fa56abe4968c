/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The control socket of the VFIO shim: how a test reaches the devices inside a stock program. One
 * line a connection, answered by one line:
 *   link <name> up|down     pull or plug the cable
 *   request <name>          ask the program to give the device back
 *   reg <name> <offset>     a register's value, hexadecimal both
 *   stats <name>            what no register shows, as JSON
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shim.h"

#define LINE_SIZE	256
#define ANSWER_SIZE	1024
#define SYNC_MS		20	/* configuration space is compared as often as this */

static int listener = -1;

static struct shim_device *
device_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < shim_n_devices; i++)
		if (shim_devices[i].model != NULL && strcmp(shim_devices[i].conf.name, name) == 0)
			return &shim_devices[i];
	return NULL;
}

static void
answer_stats(struct shim_device *device, char *answer)
{
	struct aether_model_wire_stats wire;
	struct aether_model_stats stats;

	aether_model_stats_get(device->model, &stats);
	aether_model_wire_stats_get(device->model, &wire);
	snprintf(answer, ANSWER_SIZE,
		 "{\"dma_faults\": %" PRIu64 ", \"dma_fault_iova\": %" PRIu64
		 ", \"aq_commands\": %" PRIu64 ", \"aq_errors\": %" PRIu64
		 ", \"aq_unmodelled\": %" PRIu64 ", \"mdd_events\": %" PRIu64
		 ", \"interrupts\": %" PRIu64 ", \"rx_offered\": %" PRIu64
		 ", \"rx_delivered\": %" PRIu64 ", \"rx_dropped\": %" PRIu64
		 ", \"rx_pending\": %" PRIu64 ", \"tx_packets\": %" PRIu64
		 ", \"tx_bytes\": %" PRIu64 ", \"tx_dropped\": %" PRIu64
		 ", \"finished\": %s, \"command\": %u}",
		 stats.dma_faults, stats.dma_fault_iova, stats.aq_commands, stats.aq_errors,
		 stats.aq_unmodelled, stats.mdd_events, stats.interrupts, wire.rx_offered,
		 wire.rx_delivered, wire.rx_dropped, wire.rx_pending, wire.tx_packets,
		 wire.tx_bytes, wire.tx_dropped, wire.finished ? "true" : "false",
		 device->config_seen[1] & UINT16_MAX);
}

static void
answer_line(char *line, char *answer)
{
	char *save = NULL, *end, *verb = strtok_r(line, " \n", &save);
	char *name = strtok_r(NULL, " \n", &save), *value = strtok_r(NULL, " \n", &save);
	struct shim_device *device = name != NULL ? device_by_name(name) : NULL;
	unsigned long offset;

	if (device == NULL) {
		snprintf(answer, ANSWER_SIZE, "error: no powered device %s",
			 name != NULL ? name : "(none named)");
	} else if (strcmp(verb, "stats") == 0) {
		answer_stats(device, answer);
	} else if (strcmp(verb, "link") == 0 && value != NULL &&
		   (strcmp(value, "up") == 0 || strcmp(value, "down") == 0)) {
		aether_model_link_set(device->model, strcmp(value, "up") == 0);
		strcpy(answer, "ok");
	} else if (strcmp(verb, "request") == 0) {
		strcpy(answer, shim_device_request(device) == 0 ? "ok" :
		       "error: the program has not asked for that interrupt");
	} else if (strcmp(verb, "reg") == 0 && value != NULL) {
		offset = strtoul(value, &end, 16);
		if (*end != '\0' || offset > UINT32_MAX)
			strcpy(answer, "error: the offset is hexadecimal");
		else
			snprintf(answer, ANSWER_SIZE, "%x",
				 aether_model_reg_read32(device->model, offset));
	} else {
		strcpy(answer, "error: known are link <name> up|down, request <name>, "
		       "reg <name> <offset>, stats <name>");
	}
}

static void
serve(int fd)
{
	const struct timeval patience = { .tv_sec = 1 };
	char line[LINE_SIZE], answer[ANSWER_SIZE];
	ssize_t len;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	len = recv(fd, line, sizeof(line) - 1, 0);
	if (len <= 0)
		return;
	line[len] = '\0';
	pthread_mutex_lock(&shim_lock);
	answer_line(line, answer);
	pthread_mutex_unlock(&shim_lock);
	send(fd, answer, strlen(answer), MSG_NOSIGNAL);
}

static void *
control_thread(void *arg)
{
	struct pollfd wait = { .fd = listener, .events = POLLIN };
	unsigned int i;
	int fd;

	(void)arg;
	for (;;) {
		if (poll(&wait, 1, SYNC_MS) > 0) {
			fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
			if (fd >= 0) {
				serve(fd);
				close(fd);
			}
		}
		pthread_mutex_lock(&shim_lock);
		for (i = 0; i < shim_n_devices; i++)
			if (shim_devices[i].model != NULL)
				shim_device_config_sync(&shim_devices[i]);
		pthread_mutex_unlock(&shim_lock);
	}
	return NULL;
}

int
shim_control_start(void)
{
	const char *path = getenv("AETHER_VFIO_CONTROL");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	pthread_t thread;
	int ret;

	if (path == NULL || listener >= 0)
		return 0;
	if (strlen(path) >= sizeof(addr.sun_path)) {
		shim_log("AETHER_VFIO_CONTROL: the path is longer than a socket's may be");
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -errno;
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(listener, 4) < 0) {
		ret = -errno;
		shim_log("AETHER_VFIO_CONTROL=%s: %s", path, strerror(errno));
		close(listener);
		listener = -1;
		return ret;
	}
	ret = -pthread_create(&thread, NULL, control_thread, NULL);
	if (ret == 0)
		pthread_detach(thread);
	return ret;
}
