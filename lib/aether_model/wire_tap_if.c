/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * The interface behind a tap wire (Linux, Documentation/networking/tuntap.rst). All that is asked
 * of Linux besides frames is done by a thread of its own: entering another network namespace
 * then concerns no other thread, and who waits for the kernel's configuration lock (rtnl_lock,
 * which others hold for milliseconds) is not the device.
 */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "model_wire.h"

#define TAP_DEVICE		"/dev/net/tun"
#define TAP_THREAD		"aether-tap"

struct tap_if {
	struct aether_model *model;
	const struct wire_conf *conf;	/* while opening */
	pthread_t thread;
	sem_t opened;			/* the thread has tried */
	int ret;			/* how that went */
	int fd;
	int event_fd;			/* written: look at what follows */
	bool carrier;			/* wanted */
	bool end;
};

/* ------------------------------------------------------------------ opening ----------------- */

/* `what` failed with errno, and `remedy`. @return the negative errno */
static int
refuse(const struct tap_if *tap, const char *what, const char *remedy)
{
	int error = errno;

	MODEL_LOG(ERR, tap->model, "tap %s: %s: %s; %s", tap->conf->name, what, strerror(error),
		  remedy);
	return -error;
}

static int
enter_namespace(const struct tap_if *tap)
{
	const char *netns = tap->conf->netns;
	char path[4096], what[4200];
	int fd, ret = 0;

	if (netns == NULL)
		return 0;
	/* Where iproute2 keeps names: ip-netns(8). */
	snprintf(path, sizeof(path), "%s%s", strchr(netns, '/') != NULL ? "" : "/var/run/netns/",
		 netns);
	snprintf(what, sizeof(what), "network namespace %s cannot be entered", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return refuse(tap, what, "netns= takes a name that 'ip netns list' shows ('ip "
			      "netns add' makes one), or the path of such a file");
	if (setns(fd, CLONE_NEWNET) != 0)
		ret = refuse(tap, what, "it takes a file that is a network namespace, and "
			     "CAP_SYS_ADMIN (run as root)");
	close(fd);
	return ret;
}

/* TUNSETIFF failed: why? */
static int
refuse_interface(const struct tap_if *tap, bool existed)
{
	switch (errno) {
	case EPERM:
		return refuse(tap, "Linux does not let this process have the interface",
			      existed ? "run with CAP_NET_ADMIN (as root), or let root make it "
			      "for you: ip tuntap add dev <name> mode tap user <you>" :
			      "run with CAP_NET_ADMIN (as root), or let root make the interface "
			      "before: ip tuntap add dev <name> mode tap user <you>");
	case EBUSY:
		return refuse(tap, "the interface is another program's, or another port's",
			      "use another name, or end the other");
	case EINVAL:
	case EEXIST:
		if (existed)
			return refuse(tap, "an interface of this name is there, and is no tap "
				      "with one queue", "use another name");
		/* fall through */
	default:
		return refuse(tap, "Linux does not make the interface", "use another name, and "
			      "look into the kernel's log (dmesg)");
	}
}

static int
attach(const struct tap_if *tap, struct ifreq *ifr)
{
	bool existed = if_nametoindex(tap->conf->name) != 0;

	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", tap->conf->name);
	ifr->ifr_flags = IFF_TAP | IFF_NO_PI;
	if (ioctl(tap->fd, TUNSETIFF, ifr) != 0)
		return refuse_interface(tap, existed);
	/* None of them: whole frames come, with their checksums. One that was there before may
	 * have had some. */
	if (ioctl(tap->fd, TUNSETOFFLOAD, 0UL) != 0)
		return refuse(tap, "offloads cannot be turned off", "a Linux 2.6.27 or later is "
			      "needed");
	return 0;
}

/* Without carrier; the port's first step tells what there is. */
static int
bring_up(const struct tap_if *tap, struct ifreq *ifr)
{
	int none = 0, ret = 0, fd;

	if (ioctl(tap->fd, TUNSETCARRIER, &none) != 0)
		MODEL_LOG(NOTICE, tap->model, "tap %s: this Linux cannot be told about the port's "
			  "link (%s; 5.0 can): the interface always has a carrier",
			  tap->conf->name, strerror(errno));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(tap, "no socket to configure the interface",
			      "it takes a Linux with IPv4");
	ifr->ifr_mtu = (int)tap->conf->mtu;
	if (tap->conf->mtu != 0 && ioctl(fd, SIOCSIFMTU, ifr) != 0)
		ret = refuse(tap, "its MTU cannot be set",
			     "leave mtu= out, or run with CAP_NET_ADMIN (as root)");
	if (ret == 0 && ioctl(fd, SIOCGIFFLAGS, ifr) != 0)
		ret = refuse(tap, "its state cannot be read", "leave it in its place meanwhile");
	if (ret == 0 && (ifr->ifr_flags & IFF_UP) == 0) {
		ifr->ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, ifr) != 0)
			ret = refuse(tap, "it cannot be brought up", "run with CAP_NET_ADMIN (as "
				     "root), or bring it up before: ip link set <name> up");
	}
	close(fd);
	return ret;
}

static int
open_interface(struct tap_if *tap)
{
	struct ifreq ifr;
	int ret = enter_namespace(tap);

	if (ret != 0)
		return ret;
	tap->fd = open(TAP_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		return refuse(tap, "cannot open " TAP_DEVICE, "it takes a kernel with CONFIG_TUN "
			      "(modprobe tun), and in a container that the device is given to it "
			      "(docker: --device " TAP_DEVICE " --cap-add NET_ADMIN)");
	ret = attach(tap, &ifr);
	if (ret == 0)
		ret = bring_up(tap, &ifr);
	if (ret != 0) {
		close(tap->fd);
		tap->fd = -1;
	}
	return ret;
}

/* ------------------------------------------------------------------ the thread -------------- */

static void
follow_carrier(struct tap_if *tap)
{
	bool told = false;
	uint64_t n;
	int wanted;

	for (;;) {
		if (read(tap->event_fd, &n, sizeof(n)) < 0 && errno != EINTR)
			return;
		if (__atomic_load_n(&tap->end, __ATOMIC_RELAXED))
			return;
		wanted = __atomic_load_n(&tap->carrier, __ATOMIC_RELAXED);
		/* Fails on old kernels, as was said, and when the interface was deleted. */
		if (wanted != told)
			ioctl(tap->fd, TUNSETCARRIER, &wanted);
		told = wanted;
	}
}

static void *
tap_main(void *arg)
{
	struct tap_if *tap = arg;

	pthread_setname_np(pthread_self(), TAP_THREAD);
	tap->ret = open_interface(tap);
	if (tap->ret != 0) {
		sem_post(&tap->opened);
		return NULL;
	}
	sem_post(&tap->opened);
	follow_carrier(tap);
	return NULL;
}

static void
wake(struct tap_if *tap)
{
	const uint64_t one = 1;

	/* Cannot fail: the counter holds 2^64 - 2, and the thread empties it. */
	if (write(tap->event_fd, &one, sizeof(one)) < 0)
		MODEL_LOG(ERR, tap->model, "an eventfd does not take an event: %s; Linux is not "
			  "told about the link", strerror(errno));
}

void
tap_if_set_carrier(struct tap_if *tap, bool on)
{
	__atomic_store_n(&tap->carrier, on, __ATOMIC_RELAXED);
	wake(tap);
}

static void
tap_if_free(struct tap_if *tap)
{
	if (tap->fd >= 0)
		close(tap->fd);
	if (tap->event_fd >= 0)
		close(tap->event_fd);
	sem_destroy(&tap->opened);
	free(tap);
}

void
tap_if_close(struct tap_if *tap)
{
	__atomic_store_n(&tap->end, true, __ATOMIC_RELAXED);
	wake(tap);
	pthread_join(tap->thread, NULL);
	tap_if_free(tap);
}

/* The application's signals are not for this thread. */
static int
start_thread(struct tap_if *tap)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&tap->thread, NULL, tap_main, tap);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

int
tap_if_open(struct aether_model *model, const struct wire_conf *conf, struct tap_if **tap_p,
	    int *fd)
{
	struct tap_if *tap = wire_alloc(model, sizeof(*tap));
	int ret;

	if (tap == NULL)
		return -ENOMEM;
	tap->model = model;
	tap->conf = conf;
	tap->fd = -1;
	sem_init(&tap->opened, 0, 0);
	tap->event_fd = eventfd(0, EFD_CLOEXEC);
	ret = tap->event_fd < 0 ? -errno : start_thread(tap);
	if (ret != 0) {
		MODEL_LOG(ERR, model, "tap %s: no thread for the interface: %s; raise the limit of "
			  "open files (ulimit -n) or of threads (ulimit -u)", conf->name,
			  strerror(-ret));
		tap_if_free(tap);
		return ret;
	}
	while (sem_wait(&tap->opened) != 0)
		continue;
	tap->conf = NULL;
	if (tap->ret != 0) {
		ret = tap->ret;
		pthread_join(tap->thread, NULL);
		tap_if_free(tap);
		return ret;
	}
	*tap_p = tap;
	*fd = tap->fd;
	return 0;
}
