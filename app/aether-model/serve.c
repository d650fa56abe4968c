/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Answering clients. QEMU takes an answer that is late for the end of the device, so the thread
 * that runs this does nothing else: the devices' work is the service thread's.
 */

#include <errno.h>
#include <poll.h>

#include <rte_common.h>

#include "options.h"
#include "serve.h"

int
serve_devices(struct device *const *devices, unsigned int n, int stop_fd)
{
	struct pollfd fds[OPTIONS_MAX_DEVICES + 1];
	unsigned int i;

	fds[n] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	for (i = 0; i < n; i++)
		fds[i] = (struct pollfd){
			.fd = aether_vfio_user_fd(device_server(devices[i])),
			.events = POLLIN,
		};
	while (fds[n].revents == 0) {
		if (poll(fds, n + 1, -1) < 0) {
			if (errno != EINTR)
				return -errno;
			continue;
		}
		for (i = 0; i < n; i++)
			if (fds[i].revents != 0)
				aether_vfio_user_handle(device_server(devices[i]));
	}
	return 0;
}
