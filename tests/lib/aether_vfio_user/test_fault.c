/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * Clients that shrink the files behind their memory, while the device works on it: in this thread
 * and in one of its own.
 */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_device.h"
#include "vfu_priv.h"

#define RW	(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
#define IOVA	0x100000
#define SIZE	(64 * 4096)

static struct fake_device *device;
static struct vfu_client client;

/* cmocka puts its own handlers in place before each test: the server comes after. */
static void
begin(void **state)
{
	(void)state;
	device = fake_device_create();
	client_open(&client, device->path, device->server);
}

static void
end(void)
{
	fake_device_destroy(device);
	assert_int_equal(count_mappings(), 0);
}

static void
test_shrunk(void **state)
{
	int memory = client_memory(SIZE);
	volatile uint8_t *va;

	begin(state);
	assert_int_equal(client_map(&client, IOVA, SIZE, memory, 0, RW), 0);
	va = fake_device_dma(device, IOVA);
	va[5 * 4096] = 1;
	assert_int_equal(ftruncate(memory, 4096), 0);
	/* The access succeeds, and finds nothing. */
	assert_int_equal(va[5 * 4096], 0);
	va[6 * 4096] = 2;
	assert_int_equal(va[6 * 4096], 2);
	/* The client is dropped, with all that it had. */
	assert_true(client_is_cut(&client));
	assert_int_equal(device->resets, 1);
	assert_int_equal(device->n_maps, 0);
	assert_int_equal(device->server->stats.broken, 1);
	client_close(&client);
	/* The next one is not suspected. */
	client_open(&client, device->path, device->server);
	assert_int_equal(ftruncate(memory, SIZE), 0);
	assert_int_equal(client_map(&client, IOVA, SIZE, memory, 0, RW), 0);
	*fake_device_dma(device, IOVA) = 1;
	assert_int_equal(client_read(&client, FAKE_REGION_CONFIG, 0, 4), 0);
	client_close(&client);
	close(memory);
	end();
}

/* Many mappings, all gone: one fault each. */
static void
test_all_gone(void **state)
{
	int memory = client_memory(SIZE);
	unsigned int i;

	begin(state);
	for (i = 0; i < 64; i++)
		assert_int_equal(client_map(&client, IOVA + i * 4096, 4096, memory,
					    (63 - i) * 4096, i % 2 == 0 ? RW :
					    VFIO_DMA_MAP_FLAG_READ), 0);
	assert_int_equal(ftruncate(memory, 0), 0);
	for (i = 0; i < 64; i++)
		assert_int_equal(*(volatile uint8_t *)fake_device_dma(device, IOVA + i * 4096), 0);
	assert_true(client_is_cut(&client));
	client_close(&client);
	close(memory);
	end();
}

/* Two clients: the innocent one stays. */
static void
test_other_client(void **state)
{
	struct vfu_client *second = calloc(1, sizeof(*second));
	int memory = client_memory(SIZE);
	struct fake_device *other;

	begin(state);
	other = fake_device_create();
	client_open(second, other->path, other->server);
	assert_int_equal(client_map(&client, IOVA, SIZE, memory, 0, RW), 0);
	assert_int_equal(ftruncate(memory, 0), 0);
	*(volatile uint8_t *)fake_device_dma(device, IOVA) = 1;
	assert_true(client_is_cut(&client));
	assert_int_equal(client_read(second, FAKE_REGION_CONFIG, 0, 4), 0);
	assert_int_equal(other->resets, 0);
	client_close(second);
	fake_device_destroy(other);
	client_close(&client);
	free(second);
	close(memory);
	end();
}

struct worker {
	uint8_t *va;
	uint32_t stop, writes;
};

static void *
work(void *arg)
{
	struct worker *worker = arg;
	size_t i = 0;

	while (__atomic_load_n(&worker->stop, __ATOMIC_RELAXED) == 0) {
		__atomic_store_n(&worker->va[i], 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&worker->writes, 1, __ATOMIC_RELAXED);
		i = (i + 4096) % SIZE;
	}
	return NULL;
}

/* As the device works in another thread, the server's is woken. */
static void
test_other_thread(void **state)
{
	struct worker worker = { 0 };
	pthread_t thread;
	int memory = client_memory(SIZE);
	uint32_t before;

	begin(state);
	assert_int_equal(client_map(&client, IOVA, SIZE, memory, 0, RW), 0);
	worker.va = fake_device_dma(device, IOVA);
	assert_int_equal(pthread_create(&thread, NULL, work, &worker), 0);
	while (__atomic_load_n(&worker.writes, __ATOMIC_RELAXED) < 100)
		usleep(100);
	assert_int_equal(ftruncate(memory, 0), 0);
	/* It goes on writing, over all of the memory. */
	before = __atomic_load_n(&worker.writes, __ATOMIC_RELAXED);
	while (__atomic_load_n(&worker.writes, __ATOMIC_RELAXED) - before < 1000)
		usleep(100);
	/* A device lets go before its memory goes. */
	__atomic_store_n(&worker.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(client_is_cut(&client));
	client_close(&client);
	close(memory);
	end();
}

static sigjmp_buf jump;

static void
jump_out(int number)
{
	(void)number;
	siglongjmp(jump, 1);
}

/* A fault that is not in a client's memory is for who was there before. */
static void
test_former_handler(void **state)
{
	struct sigaction mine = { .sa_handler = jump_out }, before, now;
	struct fake_device *second;
	int memory = client_memory(4096);
	volatile uint8_t *va;

	(void)state;
	sigaction(SIGBUS, &mine, &before);
	second = fake_device_create();
	va = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert_int_equal(ftruncate(memory, 0), 0);
	if (sigsetjmp(jump, 1) == 0) {
		*va = 1;
		fail_msg("the fault went unnoticed");
	}
	fake_device_destroy(second);
	/* And it is there again when the last server is gone. */
	sigaction(SIGBUS, &before, &now);
	assert_ptr_equal(now.sa_handler, jump_out);
	munmap((void *)(uintptr_t)va, 4096);
	close(memory);
}

/* Without a former handler the fault, or a signal that is sent, ends the process as ever. */
static void
test_default_action(void **state)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	char *left = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int sent;
	int status;
	pid_t pid;

	(void)state;
	for (sent = 0; sent < 2; sent++) {
		pid = fork();
		if (pid == 0) {
			int memory = client_memory(4096);
			volatile uint8_t *va = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
						    memory, 0);

			sigaction(SIGBUS, &standard, NULL);
			device = fake_device_create();
			strcpy(left, device->path);
			if (sent == 1)
				raise(SIGBUS);
			else if (ftruncate(memory, 0) == 0)
				*va = 1;
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGBUS);
		assert_int_equal(unlink(left), 0);
		*strrchr(left, '/') = '\0';
		assert_int_equal(rmdir(left), 0);
	}
	munmap(left, 4096);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_all_gone),
		cmocka_unit_test(test_other_client),
		cmocka_unit_test(test_other_thread),
		cmocka_unit_test(test_former_handler),
		cmocka_unit_test(test_default_action),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
