/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * bench-prefetch-io [--file PATH] trace ...: block traces, replayed twice. Through a simulated
 * cache of pages: hits, and reads that nothing used. Against a file, with io_uring where the
 * kernel has it: the time that the replay takes, with the policy's reads ahead in
 * flight while the program works on what it has; with none; and with the kernel's own readahead.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

#include <rte_common.h>

#include "prefetcher.h"
#include "workload.h"

#define PAGE		4096ul
#define WINDOW		8	/* pages between decisions */
#define CACHE		1024	/* pages */
#define FILE_PAGES	65536	/* of the file that traces are folded into: 256 MB */
#define RUNS		5
#define WORK_NS		2000	/* on each page, by the program */

/*
 * A cache of pages: the one that was not used for longest makes room.
 */

struct slot {
	uint64_t page, used_at;
	bool valid, ahead;	/* read ahead and not used yet */
};

struct cache {
	struct slot slots[CACHE];
	uint64_t clock, hits, misses, ahead, wasted;
};

static struct slot *
find(struct cache *c, uint64_t page)
{
	unsigned int i;

	for (i = 0; i < CACHE; i++)
		if (c->slots[i].valid && c->slots[i].page == page)
			return &c->slots[i];
	return NULL;
}

static struct slot *
make_room(struct cache *c)
{
	struct slot *oldest = &c->slots[0];
	unsigned int i;

	for (i = 0; i < CACHE; i++) {
		if (!c->slots[i].valid)
			return &c->slots[i];
		if (c->slots[i].used_at < oldest->used_at)
			oldest = &c->slots[i];
	}
	c->wasted += oldest->ahead;
	return oldest;
}

/* Returns whether it has to be read. */
static bool
cache_read(struct cache *c, uint64_t page, bool ahead)
{
	struct slot *s = find(c, page);
	const bool there = s != NULL;

	if (!there) {
		s = make_room(c);
		*s = (struct slot){ .page = page, .valid = true, .ahead = ahead };
		c->ahead += ahead;
	}
	if (!ahead) {
		c->hits += there;
		c->misses += !there;
		s->ahead = false;
	}
	s->used_at = ++c->clock;
	return !there;
}

static void
cache_end(struct cache *c)
{
	unsigned int i;

	for (i = 0; i < CACHE; i++)
		c->wasted += c->slots[i].valid && c->slots[i].ahead;
}

/* What became of the last decision's pages: used is what the next window has, as in score.c. */
static uint32_t
outcome_of(const uint64_t *named, unsigned int n_named, const uint64_t *window)
{
	uint32_t used = 0;
	unsigned int i, k;

	for (k = 0; k < n_named; k++)
		for (i = 0; i < WINDOW; i++)
			used |= (uint32_t)(window[i] == named[k]) << k;
	return used;
}

static void
simulate(const struct workload *w, const struct prefetcher *p)
{
	static struct cache c;
	uint64_t named[PREFETCHER_K];
	unsigned int n_named = 0, i;
	const uint64_t *window;
	void *self = p->create();
	size_t k;

	if (self == NULL)
		abort();
	memset(&c, 0, sizeof(c));
	for (k = 0; k < w->n_windows; k++) {
		window = w->addresses + w->begin[k];
		for (i = 0; i < WINDOW; i++)
			cache_read(&c, window[i], false);
		if (p->outcome != NULL)
			p->outcome(self, outcome_of(named, n_named, window));
		n_named = p->decide(self, window, WINDOW, named);
		for (i = 0; i < n_named; i++)
			cache_read(&c, named[i], true);
	}
	cache_end(&c);
	printf("| %-22s | %-13s | %6.2f | %8" PRIu64 " | %8" PRIu64 " |\n", w->name, p->name,
			100.0 * (double)c.hits / (double)(c.hits + c.misses),
			c.misses + c.ahead, c.wasted);
	free(self);
}

#ifdef HAVE_LIBURING

/*
 * The file. Time counts here: pages are read from the disk with O_DIRECT, but for the kernel's
 * own readahead, which needs its page cache (dropped before for this file).
 */

enum how { NONE, KERNEL, POLICY };

struct buffer {
	uint64_t page;
	unsigned char *data;
	bool valid, in_flight;
	uint64_t used_at;
};

#define BUFFERS	CACHE

struct reader {
	struct io_uring ring;
	struct buffer buffers[BUFFERS];
	unsigned char *memory;
	uint64_t clock;
	int fd;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
work(const unsigned char *data)
{
	const double end = now() + WORK_NS;
	volatile unsigned int sum = 0;
	size_t i;

	for (i = 0; i < PAGE; i += 64)
		sum += data[i];
	while (now() < end)
		;
}

static uint64_t
fold(uint64_t page)
{
	/* The files of a trace side by side in one, each page where it was among its file's. */
	return ((page >> 24) * 1021 + (page & 0xffffff)) % FILE_PAGES;
}

static void
complete_one(struct reader *r)
{
	struct io_uring_cqe *cqe;
	struct buffer *b;

	if (io_uring_wait_cqe(&r->ring, &cqe) != 0) {
		fprintf(stderr, "io_uring: no completion\n");
		exit(1);
	}
	b = io_uring_cqe_get_data(cqe);
	if (cqe->res != (int)PAGE) {
		fprintf(stderr, "io_uring: a read gave %d, not %lu\n", cqe->res, PAGE);
		exit(1);
	}
	b->in_flight = false;
	io_uring_cqe_seen(&r->ring, cqe);
}

static struct buffer *
find_buffer(struct reader *r, uint64_t page)
{
	unsigned int i;

	for (i = 0; i < BUFFERS; i++)
		if (r->buffers[i].valid && r->buffers[i].page == page)
			return &r->buffers[i];
	return NULL;
}

static struct buffer *
start_read(struct reader *r, uint64_t page)
{
	struct buffer *b = &r->buffers[0];
	struct io_uring_sqe *sqe;
	unsigned int i;

	for (i = 1; i < BUFFERS; i++)
		if (!r->buffers[i].valid || (b->valid && r->buffers[i].used_at < b->used_at))
			b = &r->buffers[i];
	while (b->in_flight)
		complete_one(r);
	b->page = page;
	b->valid = b->in_flight = true;
	b->used_at = ++r->clock;
	sqe = io_uring_get_sqe(&r->ring);
	if (sqe == NULL) /* submitted after every window: there is always room */
		abort();
	io_uring_prep_read(sqe, r->fd, b->data, PAGE, page * PAGE);
	io_uring_sqe_set_data(sqe, b);
	return b;
}

static void
use_page(struct reader *r, uint64_t page)
{
	struct buffer *b = find_buffer(r, page);

	if (b == NULL) {
		b = start_read(r, page);
		io_uring_submit(&r->ring);
	}
	while (b->in_flight)
		complete_one(r);
	b->used_at = ++r->clock;
	work(b->data);
}

static int
reader_open(struct reader *r, const char *path)
{
	unsigned int i;
	int ret;

	memset(r, 0, sizeof(*r));
	r->fd = open(path, O_RDONLY | O_DIRECT);
	if (r->fd < 0)
		return -errno;
	ret = io_uring_queue_init(256, &r->ring, 0);
	r->memory = aligned_alloc(PAGE, BUFFERS * PAGE);
	if (r->memory == NULL)
		abort();
	for (i = 0; i < BUFFERS; i++)
		r->buffers[i].data = r->memory + i * PAGE;
	return ret;
}

static void
reader_close(struct reader *r)
{
	unsigned int i;

	for (i = 0; i < BUFFERS; i++)
		while (r->buffers[i].in_flight)
			complete_one(r);
	io_uring_queue_exit(&r->ring);
	free(r->memory);
	close(r->fd);
}

static double
replay_uring(const struct workload *w, const char *path, bool ahead)
{
	static struct reader r;
	uint64_t named[PREFETCHER_K], page;
	void *self = prefetcher_adaptive.create();
	unsigned int n_named = 0, i;
	const uint64_t *window;
	double begin;
	size_t k;

	if (reader_open(&r, path) != 0 || self == NULL)
		return -1;
	begin = now();
	for (k = 0; k < w->n_windows; k++) {
		window = w->addresses + w->begin[k];
		for (i = 0; i < WINDOW; i++)
			use_page(&r, fold(window[i]));
		if (!ahead)
			continue;
		prefetcher_adaptive.outcome(self, outcome_of(named, n_named, window));
		n_named = prefetcher_adaptive.decide(self, window, WINDOW, named);
		for (i = 0; i < n_named; i++) {
			page = fold(named[i]);
			if (find_buffer(&r, page) == NULL)
				start_read(&r, page);
		}
		io_uring_submit(&r.ring);
	}
	begin = now() - begin;
	reader_close(&r);
	free(self);
	return begin;
}

static double
replay_kernel(const struct workload *w, const char *path)
{
	static unsigned char page[PAGE] __rte_cache_aligned;
	const int fd = open(path, O_RDONLY);
	double begin;
	size_t k;

	if (fd < 0)
		return -1;
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	begin = now();
	for (k = 0; k < w->n_windows * WINDOW; k++) {
		if (pread(fd, page, PAGE, (off_t)(fold(w->addresses[k]) * PAGE)) != (ssize_t)PAGE)
			return -1;
		work(page);
	}
	begin = now() - begin;
	close(fd);
	return begin;
}

static int
make_file(const char *path)
{
	static unsigned char block[1 << 20];
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	unsigned int i;
	size_t k;

	if (fd < 0)
		return -errno;
	for (i = 0; i < FILE_PAGES * PAGE / sizeof(block); i++) {
		for (k = 0; k < sizeof(block); k += 8)
			block[k] = (unsigned char)(rand() >> 3);
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			return -errno;
	}
	fsync(fd);
	close(fd);
	return 0;
}

static int
compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
replay(const struct workload *w, const char *path)
{
	static const char *const names[] = { "none", "kernel", "adaptive" };
	double ms[3][RUNS];
	unsigned int r, h;

	for (r = 0; r < RUNS; r++)
		for (h = 0; h < 3; h++)
			ms[h][r] = (h == KERNEL ? replay_kernel(w, path) :
					replay_uring(w, path, h == POLICY)) / 1e6;
	for (h = 0; h < 3; h++) {
		qsort(ms[h], RUNS, sizeof(double), compare_doubles);
		if (ms[h][0] < 0)
			printf("| %-22s | %-13s | not run: file system or kernel refused |\n",
					w->name, names[h]);
		else
			printf("| %-22s | %-13s | %8.1f | %8.1f | %8.1f |\n", w->name, names[h],
					ms[h][RUNS / 2], ms[h][0], ms[h][RUNS - 1]);
	}
}

static void
replay_all(const struct workload *w, unsigned int n, const char *path)
{
	struct io_uring ring;
	unsigned int i;
	int ret = io_uring_queue_init(4, &ring, 0);

	if (ret != 0) {
		printf("\nSKIP: replay against a file: the kernel refuses io_uring: %s\n",
				strerror(-ret));
		return;
	}
	io_uring_queue_exit(&ring);
	ret = make_file(path);
	if (ret != 0) {
		printf("\nSKIP: replay against a file: %s: %s\n", path, strerror(-ret));
		return;
	}
	printf("\n## Against a file of 256 MB, %u ns of work a page: ms, %u alternating runs\n\n"
		"| trace                  | read ahead by |  median  |  lowest  | highest  |\n"
		"|------------------------|---------------|----------|----------|----------|\n",
		WORK_NS, RUNS);
	for (i = 0; i < n; i++)
		replay(&w[i], path);
	unlink(path);
}

#else

static void
replay_all(const struct workload *w __rte_unused, unsigned int n __rte_unused,
		const char *path __rte_unused)
{
	printf("\nSKIP: replay against a file: built without liburing (Debian: liburing-dev)\n");
}

#endif

int
main(int argc, char **argv)
{
	static struct workload w[16];
	const char *path = "prefetch-io.tmp";
	unsigned int n = 0, i, k;
	int a;

	for (a = 1; a < argc && n < RTE_DIM(w); a++)
		if (strcmp(argv[a], "--file") == 0 && a + 1 < argc)
			path = argv[++a];
		else if (workload_trace(&w[n++], argv[a], WINDOW) != 0)
			return 1;
	printf("## A simulated cache of %u pages, at most 4 read ahead every %u\n\n"
		"| trace                  | read ahead by |  hit%%  |  reads   |  wasted  |\n"
		"|------------------------|---------------|--------|----------|----------|\n",
		CACHE, WINDOW);
	for (i = 0; i < n; i++) {
		for (k = 0; k < n_prefetchers; k++)
			simulate(&w[i], &prefetchers[k]);
		simulate(&w[i], &prefetcher_adaptive);
	}
	replay_all(w, n, path);
	for (i = 0; i < n; i++)
		workload_free(&w[i]);
	return 0;
}
