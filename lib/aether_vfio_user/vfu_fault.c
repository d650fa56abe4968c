/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * When a client shrinks a file that is mapped, the next access to the part that is gone raises
 * SIGBUS in the thread that makes it, in the midst of the device's work. The handler puts zeroed
 * memory in the mapping's place, so that the access succeeds, and asks for the client to be
 * dropped.
 *
 * The lock is a spinlock that the handler takes: no thread touches a client's memory while it
 * holds it, so a thread cannot wait for itself.
 */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_bitops.h>

#include "vfu_priv.h"

#define PLACE_FIRST	(UINT64_C(1) << 45)
#define PLACE_BITS	40
#define PLACES		32

static struct aether_vfio_user *servers;	/* under the lock */
static unsigned int n_servers;			/* atomic */
static uint32_t places_used;			/* a bit a place; under the lock */
static struct sigaction former;
static uint32_t locked;

void
vfu_fault_lock(void)
{
	/* Acquire: what the last holder wrote is seen. */
	while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE) != 0)
		sched_yield();
}

void
vfu_fault_unlock(void)
{
	/* Release: what was written under the lock comes before its end. */
	__atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
}

/* ------------------------------------------------------------------ the signal -------------- */

/** Whether the address is in the server's mappings; if so there is memory now. Under the lock. */
static bool
cover(struct aether_vfio_user *server, uintptr_t address)
{
	const struct vfu_map *map;
	const uint64_t one = 1;
	unsigned int i;

	for (i = 0; i < server->dma.n; i++) {
		map = &server->dma.maps[i];
		if (map->base != NULL && address - (uintptr_t)map->base < map->len)
			break;
	}
	if (i == server->dma.n)
		return false;
	/* All of it: a client that takes much away makes one fault a mapping, not one a page. */
	if (mmap(map->base, map->len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return false;
	__atomic_store_n(&server->fault, 1, __ATOMIC_RELAXED);
	/* It cannot be full: it counts faults. */
	return write(server->wake_fd, &one, sizeof(one)) == sizeof(one);
}

static bool
handle_fault(uintptr_t address)
{
	struct aether_vfio_user *server;
	bool covered = false;

	vfu_fault_lock();
	for (server = servers; server != NULL && !covered; server = server->next)
		covered = cover(server, address);
	vfu_fault_unlock();
	return covered;
}

/** Not ours: as if this handler were not there. */
static void
pass_on(int number, siginfo_t *info, void *context)
{
	if ((former.sa_flags & SA_SIGINFO) != 0) {
		former.sa_sigaction(number, info, context);
	} else if (former.sa_handler != SIG_DFL && former.sa_handler != SIG_IGN) {
		former.sa_handler(number);
	} else {
		/* A fault comes again on return and then ends the process; a signal that somebody
		 * sent has to be sent again. */
		sigaction(SIGBUS, &former, NULL);
		if (info->si_code <= 0)
			raise(number);
	}
}

static void
on_sigbus(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	if (info->si_code != BUS_ADRERR || !handle_fault((uintptr_t)info->si_addr))
		pass_on(number, info, context);
	errno = saved;
}

/* ------------------------------------------------------------------ servers ----------------- */

/** Address space of its own for the server; the last one is shared when all are taken. */
static uint64_t
place_take(void)
{
	unsigned int i = 0;

#ifdef __SANITIZE_THREAD__
	return 0;	/* ThreadSanitizer has its own ideas of where memory may be */
#endif
	while (i < PLACES - 1 && (places_used & RTE_BIT32(i)) != 0)
		i++;
	places_used |= RTE_BIT32(i);
	return PLACE_FIRST | (uint64_t)i << PLACE_BITS;
}

int
vfu_fault_register(struct aether_vfio_user *server)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };
	int ret = 0;

	sigemptyset(&action.sa_mask);
	vfu_fault_lock();
	if (servers == NULL && sigaction(SIGBUS, &action, &former) != 0)
		ret = -errno;
	if (ret == 0) {
		server->dma.place = place_take();
		server->next = servers;
		servers = server;
		__atomic_fetch_add(&n_servers, 1, __ATOMIC_RELAXED);
	}
	vfu_fault_unlock();
	return ret;
}

unsigned int
vfu_servers(void)
{
	return RTE_MAX(__atomic_load_n(&n_servers, __ATOMIC_RELAXED), 1u);
}

void
vfu_fault_unregister(struct aether_vfio_user *server)
{
	struct aether_vfio_user **it;
	struct sigaction now;

	vfu_fault_lock();
	for (it = &servers; *it != NULL && *it != server; it = &(*it)->next)
		;
	if (*it != NULL) {
		*it = server->next;
		__atomic_fetch_sub(&n_servers, 1, __ATOMIC_RELAXED);
		places_used &= ~RTE_BIT32((server->dma.place >> PLACE_BITS) % PLACES);
		/* Somebody else's handler, installed since, stays. */
		if (servers == NULL && sigaction(SIGBUS, NULL, &now) == 0 &&
		    (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_sigbus)
			sigaction(SIGBUS, &former, NULL);
	}
	vfu_fault_unlock();
}
