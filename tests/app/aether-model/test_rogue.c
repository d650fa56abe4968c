/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A driver that misbehaves (rogue_cases.c) against aether-model, through its socket, while another
 * device of the same process has a good driver: that one goes on, frame by frame.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>

#include "rogue.h"
#include "vfu_client.h"

#define RUN_NS		500000
#define BAR0		VFIO_PCI_BAR0_REGION_INDEX
#define CONFIG		VFIO_PCI_CONFIG_REGION_INDEX

/** A device behind a socket. */
struct socket_door {
	struct rogue_door door;
	struct vfu_client client;
	int fd;				/* of the memory */
};

static char folder[] = "/tmp/rogueXXXXXX";
static pid_t server;
static struct socket_door victim, bystander;
static struct rogue good;		/* the bystander's driver */
static unsigned int exchanged;

static struct vfu_client *
client_of(struct rogue_door *door)
{
	return &((struct socket_door *)door)->client;
}

/* ------------------------------------------------------------------ the door ---------------- */

static const void *
region_read(struct rogue_door *door, uint32_t region, uint32_t offset, uint32_t len)
{
	struct vfu_client *client = client_of(door);

	assert_int_equal(client_read(client, region, offset, len), 0);
	return client->payload + sizeof(struct vfio_user_region_access);
}

static uint32_t
socket_read(struct rogue_door *door, uint32_t reg)
{
	uint32_t value;

	memcpy(&value, region_read(door, BAR0, reg, sizeof(value)), sizeof(value));
	return value;
}

static void
socket_write(struct rogue_door *door, uint32_t reg, uint32_t value)
{
	assert_int_equal(client_write(client_of(door), BAR0, reg, &value, sizeof(value)), 0);
}

static uint16_t
socket_config(struct rogue_door *door, uint32_t offset)
{
	uint16_t value;

	memcpy(&value, region_read(door, CONFIG, offset, sizeof(value)), sizeof(value));
	return value;
}

static void
socket_map(struct rogue_door *door, uint64_t iova, size_t at, size_t len, bool writable)
{
	assert_int_equal(client_map(client_of(door), iova, len, ((struct socket_door *)door)->fd,
				    at, VFIO_DMA_MAP_FLAG_READ |
				    (writable ? VFIO_DMA_MAP_FLAG_WRITE : 0)), 0);
}

static void
socket_unmap(struct rogue_door *door, uint64_t iova, size_t len)
{
	assert_int_equal(client_unmap(client_of(door), iova, len, 0), 0);
}

static void
socket_run(struct rogue_door *door)
{
	const struct timespec nap = { .tv_nsec = RUN_NS };

	RTE_SET_USED(door);
	nanosleep(&nap, NULL);
}

/** While the victim's device has time to work, the other one must work too. */
static void
victim_run(struct rogue_door *door)
{
	socket_run(door);
	assert_true(rogue_exchange(&good, 60 + exchanged % 1000));
	exchanged++;
}

static bool
socket_stats(struct rogue_door *door, struct aether_model_stats *stats)
{
	RTE_SET_USED(door);
	RTE_SET_USED(stats);
	return false;
}

static void
door_open(struct socket_door *door, const char *name)
{
	char path[sizeof(folder) + 16];

	door->door.settle = 6;
	door->door.read = socket_read;
	door->door.write = socket_write;
	door->door.config = socket_config;
	door->door.map = socket_map;
	door->door.unmap = socket_unmap;
	door->door.stats = socket_stats;
	door->fd = client_memory(ROGUE_BYTES);
	door->door.memory = mmap(NULL, ROGUE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, door->fd,
				 0);
	assert_ptr_not_equal(door->door.memory, MAP_FAILED);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	client_open(&door->client, path, NULL);
}

static void
door_close(struct socket_door *door)
{
	client_close(&door->client);
	munmap(door->door.memory, ROGUE_BYTES);
	close(door->fd);
}

/* ------------------------------------------------------------------ the process ------------- */

static void
server_main(void)
{
	char args[2][256], program[4096];

	snprintf(program, sizeof(program), "%s/aether-model", getenv("AETHER_BUILD"));
	snprintf(args[0], sizeof(args[0]), "name=victim,socket=%s/victim", folder);
	snprintf(args[1], sizeof(args[1]), "name=bystander,socket=%s/bystander", folder);
	/* What is done here is nobody's use of a device. */
	unsetenv("AETHER_MODEL_COVERAGE");
	execl(program, program, "--file-prefix", folder + strlen("/tmp/"), "--device", args[0],
	      "--device", args[1], (char *)NULL);
	perror(program);
	_exit(127);
}

/** Until someone listens; a connection for that alone is one. */
static void
wait_for_socket(const char *name)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	unsigned int i;
	int fd, ret = -1;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name);
	for (i = 0; i < 2000 && ret != 0; i++) {
		nanosleep(&nap, NULL);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(fd >= 0);
		ret = connect(fd, (struct sockaddr *)&address, sizeof(address));
		close(fd);
	}
	assert_int_equal(ret, 0);
	nanosleep(&nap, NULL);	/* it sees that the client has gone */
}

static int
group_setup(void **state)
{
	RTE_SET_USED(state);
	assert_non_null(mkdtemp(folder));
	server = fork();
	if (server == 0)
		server_main();
	wait_for_socket("victim");
	wait_for_socket("bystander");
	door_open(&victim, "victim");
	victim.door.run = victim_run;
	door_open(&bystander, "bystander");
	bystander.door.run = socket_run;
	good.door = &bystander.door;
	rogue_map(&good);
	rogue_start(&good);
	return 0;
}

static int
group_teardown(void **state)
{
	char path[sizeof(folder) + 16];
	int status;

	RTE_SET_USED(state);
	door_close(&victim);
	door_close(&bystander);
	kill(server, SIGTERM);
	assert_int_equal(waitpid(server, &status, 0), server);
	/* With the sanitizers' complaints this would not be 0. */
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	snprintf(path, sizeof(path), "%s/victim", folder);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rmdir(folder), 0);
	print_message("meanwhile the other device sent and received %u frames\n", exchanged);
	assert_true(exchanged > rogue_n_cases);
	return 0;
}

static void
test_case(void **state)
{
	rogue_run(&victim.door, *state);
	rogue_check_memory(&good);
}

int
main(void)
{
	struct CMUnitTest *tests = calloc(rogue_n_cases, sizeof(*tests));
	unsigned int i;
	int ret;

	if (tests == NULL)
		return 1;
	for (i = 0; i < rogue_n_cases; i++) {
		tests[i].name = rogue_cases[i].name;
		tests[i].test_func = test_case;
		tests[i].initial_state = (void *)(uintptr_t)&rogue_cases[i];
	}
	ret = _cmocka_run_group_tests("rogue", tests, rogue_n_cases, group_setup, group_teardown);
	free(tests);
	return ret;
}
