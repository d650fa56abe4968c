/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * A port in a secondary process, attached to the primary's queues and doorbells.
 * aether_secondary.h has the design.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bus_driver.h>
#include <rte_alarm.h>
#include <rte_bus_vdev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "aether_ethdev.h"
#include "aether_rxtx.h"
#include "aether_secondary.h"

/* Linux 4.17; an older kernel takes the address for a hint, which is checked. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

/** What a secondary process has of a port; dev->process_private there. */
struct secondary {
	struct rte_eth_dev *dev;
	char name[RTE_ETH_NAME_MAX_LEN];
	void *bar0;
	size_t bar0_len;
	bool closed;			/* the primary has closed the port */
};

/* The ports of this process, and their burst functions, which EAL's message thread changes. */
static pthread_mutex_t ports_lock = PTHREAD_MUTEX_INITIALIZER;
static struct secondary *ports[RTE_MAX_ETHPORTS];

/* What stands for the data of a port that the primary has closed: the ethdev layer goes on reading
 * it until this process closes the port, too. */
static struct closed_port {
	struct rte_eth_dev_data data;
	struct rte_ether_addr mac_addrs[AETHER_MAX_MAC_ADDRS];
	struct aether_port port;
} closed_ports[RTE_MAX_ETHPORTS];

static void *no_queues[RTE_MAX_QUEUES_PER_PORT];

static inline struct secondary *
secondary(const struct rte_eth_dev *dev)
{
	return dev->process_private;
}

static uint16_t
port_id(const struct secondary *sec)
{
	return sec->dev - rte_eth_devices;
}

/* ---------------------------------------------------------------- asking the primary -------- */

/** Send one request and wait for its answer. One at a time: EAL allows no two of a name.
 * @param[out] fd a file in the answer, -1: none; NULL: none wanted */
static int
request(struct rte_mp_msg *msg, const char *name, int *fd)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static uint32_t number;
	const struct timespec timeout = { .tv_sec = AETHER_MP_TIMEOUT_S };
	struct aether_mp_call *args = (struct aether_mp_call *)msg->param;
	const struct aether_mp_answer *answer;
	const struct rte_mp_msg *reply;
	struct rte_mp_reply replies;
	int i, ret;

	pthread_mutex_lock(&lock);
	args->number = ++number;
	ret = rte_mp_request_sync(msg, &replies, &timeout) == 0 ? 0 : -rte_errno;
	pthread_mutex_unlock(&lock);
	if (ret != 0 || replies.nb_received != 1) {
		AETHER_LOG(ERR, "%s: the primary process does not answer (%s); it has the device "
			   "open: if it has ended, end this process, too, and start both again", name, ret == 0 ? "no reply" : rte_strerror(-ret));
		return ret == -ETIMEDOUT ? ret : -ENODEV;
	}
	reply = &replies.msgs[0];
	answer = (const struct aether_mp_answer *)reply->param;
	ret = reply->len_param == sizeof(*answer) ? answer->ret : -EPROTO;
	if (ret != -EPROTO && answer->number != args->number) {
		AETHER_LOG(NOTICE, "%s: a late answer of the primary process came instead of that "
			   "to the last question; ask again", name);
		ret = -EAGAIN;
	}
	for (i = 0; i < reply->num_fds; i++) {
		if (fd != NULL && i == 0 && ret >= 0)
			*fd = reply->fds[i];
		else
			close(reply->fds[i]);
	}
	free(replies.msgs);
	return ret;
}

/**
 * Have the primary process run an operation.
 *
 * @param buf arguments in, results out; NULL with len 0
 * @param[out] fd see request()
 * @return what the operation returned; -ENODEV, -ETIMEDOUT: there is no primary
 */
static int
call(const char *name, enum aether_mp_op op, void *buf, size_t len, int *fd)
{
	struct rte_mp_msg msg = { .len_param = sizeof(struct aether_mp_call) };
	struct aether_mp_call *args = (struct aether_mp_call *)msg.param;
	int ret, file = -1;

	if (len > AETHER_MP_MAX_LEN)
		return -EINVAL;
	rte_strscpy(msg.name, AETHER_MP_CALL, sizeof(msg.name));
	rte_strscpy(args->port, name, sizeof(args->port));
	args->op = op;
	args->len = len;
	if (len > 0) {
		file = memfd_create("aether_call", MFD_CLOEXEC);
		if (file < 0 || pwrite(file, buf, len, 0) != (ssize_t)len) {
			ret = -errno;
			goto out;
		}
		msg.fds[0] = file;
		msg.num_fds = 1;
	}
	ret = request(&msg, name, fd);
	if (len > 0 && ret >= 0 && pread(file, buf, len, 0) != (ssize_t)len)
		ret = -EIO;
out:
	if (file >= 0)
		close(file);
	return ret;
}

int
aether_secondary_call(const struct rte_eth_dev *dev, enum aether_mp_op op, void *buf, size_t len)
{
	const struct secondary *sec = secondary(dev);

	if (__atomic_load_n(&sec->closed, __ATOMIC_ACQUIRE)) {
		AETHER_LOG(ERR, "%s: the primary process has closed the port", sec->name);
		return -ENODEV;
	}
	return call(sec->name, op, buf, len, NULL);
}

/* ---------------------------------------------------------------- the operations ------------ */

static void secondary_free(struct secondary *sec);

static int
dev_close(struct rte_eth_dev *dev)
{
	if (secondary(dev) != NULL)
		secondary_free(secondary(dev));
	return 0;
}

/* What is not here the ethdev layer refuses: it configures the port, or gives orders to it. */
static const struct eth_dev_ops secondary_ops = {
	.dev_close = dev_close,
	.is_removed = aether_dev_is_removed,
	.dev_infos_get = aether_secondary_infos_get,
	.dev_supported_ptypes_get = aether_dev_supported_ptypes_get,
	.fec_get = aether_secondary_fec_get,
	.flow_ctrl_get = aether_secondary_flow_ctrl_get,
	.fw_version_get = aether_secondary_fw_version_get,
	.get_module_eeprom = aether_secondary_get_module_eeprom,
	.get_module_info = aether_secondary_get_module_info,
	.get_reg = aether_secondary_get_reg,
	.link_update = aether_secondary_link_update,
	.reta_query = aether_secondary_reta_query,
	.rss_hash_conf_get = aether_dev_rss_hash_conf_get,
	.stats_get = aether_secondary_stats_get,
	.stats_reset = aether_secondary_stats_reset,
	.xstats_get = aether_secondary_xstats_get,
	.xstats_get_names = aether_secondary_xstats_get_names,
	.xstats_reset = aether_secondary_stats_reset,
	.rxq_info_get = aether_dev_rxq_info_get,
	.txq_info_get = aether_dev_txq_info_get,
	.rx_burst_mode_get = aether_dev_rx_burst_mode_get,
	.tx_burst_mode_get = aether_dev_tx_burst_mode_get,
	.tx_done_cleanup = aether_dev_tx_done_cleanup,
};

/* ---------------------------------------------------------------- bursts -------------------- */

/**
 * Put the functions in place that the state of the port asks for; under ports_lock. Lcores may
 * poll meanwhile, as they may not while queues are set up or released: that is theirs to know.
 */
static void
choose_bursts(const struct secondary *sec)
{
	struct rte_eth_fp_ops *fp = &rte_eth_fp_ops[port_id(sec)];
	struct rte_eth_dev *dev = sec->dev;

	if (sec->closed || !__atomic_load_n(&aether_port(dev)->running, __ATOMIC_SEQ_CST)) {
		aether_clear_bursts(dev);
	} else {
		fp->rxq.data = dev->data->rx_queues;
		fp->txq.data = dev->data->tx_queues;
		/* Orders the stores of the queues before those of functions that use them. */
		rte_smp_wmb();
		aether_set_bursts(dev);
	}
	fp->rx_pkt_burst = dev->rx_pkt_burst;
	fp->tx_pkt_burst = dev->tx_pkt_burst;
	fp->tx_pkt_prepare = dev->tx_pkt_prepare;
	if (!sec->closed)
		return;
	/* Orders the stores of functions that use no queue before those of no queues. */
	rte_smp_wmb();
	fp->rx_queue_count = NULL;
	fp->rx_descriptor_status = NULL;
	fp->tx_descriptor_status = NULL;
	fp->rxq.data = no_queues;
	fp->txq.data = no_queues;
}

/** The primary is about to free what dev->data refers to, and waits until that is no matter. */
static void
part_with_data(struct secondary *sec)
{
	struct closed_port *closed = &closed_ports[port_id(sec)];
	const struct rte_eth_dev_data *shared = sec->dev->data;

	memcpy(closed->mac_addrs, shared->mac_addrs, sizeof(closed->mac_addrs));
	memcpy(&closed->port, shared->dev_private, sizeof(closed->port));
	memcpy(&closed->data, shared, sizeof(closed->data));
	closed->data.mac_addrs = closed->mac_addrs;
	closed->data.hash_mac_addrs = NULL;
	closed->data.rx_queues = no_queues;
	closed->data.tx_queues = no_queues;
	closed->data.nb_rx_queues = 0;
	closed->data.nb_tx_queues = 0;
	closed->data.dev_private = &closed->port;
	closed->data.dev_started = 0;
	memset(&closed->data.dev_link, 0, sizeof(closed->data.dev_link));
	__atomic_store_n(&sec->closed, true, __ATOMIC_SEQ_CST);
	choose_bursts(sec);
	sec->dev->data = &closed->data;
}

/** News from the primary process. */
static int
told(const struct rte_mp_msg *msg, const void *peer)
{
	const struct aether_mp_tell *news = (const struct aether_mp_tell *)msg->param;
	struct rte_mp_msg reply = { .len_param = sizeof(struct aether_mp_answer) };
	unsigned int i;

	rte_strscpy(reply.name, msg->name, sizeof(reply.name));
	((struct aether_mp_answer *)reply.param)->number = news->number;
	pthread_mutex_lock(&ports_lock);
	for (i = 0; i < RTE_DIM(ports) && msg->len_param == sizeof(*news); i++) {
		if (ports[i] == NULL || ports[i]->closed ||
		    strncmp(ports[i]->name, news->port, sizeof(news->port)) != 0)
			continue;
		if (news->closed)
			part_with_data(ports[i]);
		else
			choose_bursts(ports[i]);
	}
	pthread_mutex_unlock(&ports_lock);
	return rte_mp_reply(&reply, peer);
}

/** The application learns of the removal on the thread of interrupts, as in the primary process; also
 * when that has closed the port meanwhile. */
static void
removal_event(void *arg)
{
	struct rte_eth_dev *dev = &rte_eth_devices[(uintptr_t)arg];
	bool wanted;

	pthread_mutex_lock(&ports_lock);
	/* Meanwhile another port may have taken its place. */
	wanted = ports[(uintptr_t)arg] != NULL && aether_dev_is_removed(dev) &&
		dev->data->dev_conf.intr_conf.rmv;
	pthread_mutex_unlock(&ports_lock);
	if (wanted)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
}

/** News from the primary process: the device of a port is gone. */
static int
told_removed(const struct rte_mp_msg *msg, const void *peer)
{
	const struct aether_mp_tell *news = (const struct aether_mp_tell *)msg->param;
	uintptr_t i;

	RTE_SET_USED(peer);
	pthread_mutex_lock(&ports_lock);
	for (i = 0; i < RTE_DIM(ports) && msg->len_param == sizeof(*news); i++) {
		if (ports[i] == NULL || ports[i]->closed ||
		    strncmp(ports[i]->name, news->port, sizeof(news->port)) != 0)
			continue;
		choose_bursts(ports[i]);
		AETHER_LOG(ERR, "%s: the device is gone, or about to go; close the port",
			   ports[i]->name);
		/* EAL's thread of messages is not kept: the application may need it. */
		if (rte_eal_alarm_set(1, removal_event, (void *)i) != 0)
			AETHER_LOG(ERR, "%s: the application cannot be told", ports[i]->name);
	}
	pthread_mutex_unlock(&ports_lock);
	return 0;
}

/* ---------------------------------------------------------------- attach and detach --------- */

static int
listen_to_primary(struct secondary *sec)
{
	/* For good: the primary waits for the answer of every secondary, with ports or without. */
	if ((rte_mp_action_register(AETHER_MP_TELL, told) != 0 && rte_errno != EEXIST) ||
	    (rte_mp_action_register(AETHER_MP_REMOVED, told_removed) != 0 &&
	     rte_errno != EEXIST)) {
		AETHER_LOG(ERR, "%s: cannot listen to the primary process: %s", sec->name,
			   rte_strerror(rte_errno));
		return -rte_errno;
	}
	pthread_mutex_lock(&ports_lock);
	ports[port_id(sec)] = sec;
	pthread_mutex_unlock(&ports_lock);
	return 0;
}

/** Give back what this process holds of a port, whatever of it there is. */
static void
secondary_free(struct secondary *sec)
{
	pthread_mutex_lock(&ports_lock);
	if (ports[port_id(sec)] == sec)
		ports[port_id(sec)] = NULL;
	pthread_mutex_unlock(&ports_lock);
	if (sec->bar0 != NULL) {
		if (!sec->closed)
			call(sec->name, AETHER_MP_DETACH, NULL, 0, NULL);
		munmap(sec->bar0, sec->bar0_len);
	}
	/* The name is free for a port to come. */
	closed_ports[port_id(sec)].data.name[0] = '\0';
	sec->dev->process_private = NULL;
	free(sec);
}

/** Kinds of pools are numbered in the order in which drivers register them. */
static int
check_build(const char *name, const struct aether_mp_build *theirs)
{
	struct aether_mp_build ours;
	unsigned int i;

	aether_mp_build_get(&ours);
	if (ours.dpdk != theirs->dpdk || ours.port != theirs->port || ours.rxq != theirs->rxq ||
	    ours.txq != theirs->txq) {
		AETHER_LOG(ERR, "%s: this process and the primary have different builds of the "
			   "driver (queues of %u and %u bytes here, %u and %u there); load the "
			   "same librte_net_aether.so in both", name, ours.rxq, ours.txq,
			   theirs->rxq, theirs->txq);
		return -EINVAL;
	}
	for (i = 0; i < RTE_MIN(ours.n_pool_ops, theirs->n_pool_ops); i++) {
		if (strncmp(ours.pool_ops[i], theirs->pool_ops[i], RTE_MEMPOOL_OPS_NAMESIZE) == 0)
			continue;
		AETHER_LOG(ERR, "%s: mempool drivers are registered in another order than in the "
			   "primary process (number %u is %s here, %s there), so pools would be "
			   "mistaken; load the same drivers in the same way (-d, or linked) in "
			   "both", name, i, ours.pool_ops[i], theirs->pool_ops[i]);
		return -EINVAL;
	}
	return 0;
}

/** Doorbells are addresses in queues that all processes use. */
static int
map_bar0(struct secondary *sec, const struct aether_mp_attach *with, int fd)
{
	void *const address = (void *)(uintptr_t)with->bar0;
	const size_t len = with->bar0_len;
	void *bar0;

	bar0 = mmap(address, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd,
		    with->bar0_offset);
	if (bar0 == address) {
		sec->bar0 = bar0;
		sec->bar0_len = len;
		return 0;
	}
	AETHER_LOG(ERR, "%s: doorbells (%zu bytes) must be at %p as in the primary process, but "
		   "here that is %s; start this process again, or run both without address space "
		   "randomisation (setarch -R)", sec->name, len, address,
		   bar0 == MAP_FAILED && errno != EEXIST ? rte_strerror(errno) : "taken");
	if (bar0 != MAP_FAILED)
		munmap(bar0, len);
	return -EADDRINUSE;
}

static int
attach(struct secondary *sec)
{
	struct aether_mp_attach *with;
	int ret, fd = -1;

	with = calloc(1, sizeof(*with));
	if (with == NULL)
		return -ENOMEM;
	ret = call(sec->name, AETHER_MP_ATTACH, with, sizeof(*with), &fd);
	if (ret == -ENODEV)
		AETHER_LOG(ERR, "%s: the primary process has no such port; give the device to it, in "
			   "the same form (--vdev, which is found here by itself, or -a, also "
			   "here)", sec->name);
	if (ret == 0) {
		ret = check_build(sec->name, &with->build);
		if (ret == 0)
			ret = map_bar0(sec, with, fd);
		if (ret != 0)
			call(sec->name, AETHER_MP_DETACH, NULL, 0, NULL);
	}
	if (fd >= 0)
		close(fd);
	free(with);
	return ret;
}

/** A port that the primary closed and this process did not let go of. */
static void
forget_closed(struct rte_eth_dev *dev)
{
	struct secondary *sec = ports[dev - rte_eth_devices];

	if (sec != NULL && sec->closed)
		secondary_free(sec);
}

int
aether_secondary_probe(struct rte_device *device, const char *name)
{
	struct rte_eth_dev *dev;
	struct secondary *sec;
	int ret;

	dev = rte_eth_dev_attach_secondary(name);
	if (dev == NULL) {
		AETHER_LOG(ERR, "%s: the primary process has no such port; give the device to it, in "
			   "the same form (--vdev, which is found here by itself, or -a, also "
			   "here)", name);
		return -ENODEV;
	}
	forget_closed(dev);
	sec = calloc(1, sizeof(*sec));
	if (sec == NULL)
		return -ENOMEM;
	sec->dev = dev;
	rte_strscpy(sec->name, name, sizeof(sec->name));
	ret = listen_to_primary(sec);
	if (ret == 0)
		ret = attach(sec);
	if (ret != 0) {
		AETHER_LOG(ERR, "%s: not attached: %s", name, rte_strerror(-ret));
		secondary_free(sec);
		rte_eth_dev_release_port(dev);
		return ret;
	}
	dev->device = device;
	dev->process_private = sec;
	dev->dev_ops = &secondary_ops;
	dev->rx_queue_count = aether_rx_queue_count;
	dev->rx_descriptor_status = aether_rx_descriptor_status;
	dev->tx_descriptor_status = aether_tx_descriptor_status;
	rte_eth_dev_probing_finish(dev);
	pthread_mutex_lock(&ports_lock);
	choose_bursts(sec);
	pthread_mutex_unlock(&ports_lock);
	AETHER_LOG(INFO, "%s: attached to the primary process, which alone configures it", name);
	return 0;
}

int
aether_secondary_remove(const char *name)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(name);

	if (dev == NULL)
		return 0;
	/* The application may have closed it already. */
	if (dev->process_private != NULL)
		dev_close(dev);
	return rte_eth_dev_release_port(dev);
}

/* ---------------------------------------------------------------- without huge pages -------- */

static int
is_ours(const struct rte_device *device, const void *prefix)
{
	return strncmp(device->name, prefix, strlen(prefix));
}

/**
 * EAL ends a secondary process that shares no huge pages with the primary, long before a device
 * is probed, and says only what it could not open. The scan comes before that, and knows the
 * primary's devices already: say why. The file is where EAL keeps account of the pages of a
 * primary process without huge ones; what others have left it removes at every start.
 */
static void
explain_no_huge(void *arg)
{
	struct rte_bus *bus = rte_bus_find_by_name("vdev");
	const struct rte_device *device;
	char path[PATH_MAX];

	RTE_SET_USED(arg);
	if (rte_eal_process_type() != RTE_PROC_SECONDARY || bus == NULL)
		return;
	snprintf(path, sizeof(path), "%s/fbarray_nohugemem", rte_eal_get_runtime_dir());
	if (rte_eal_has_hugepages() && access(path, F_OK) != 0)
		return;
	device = bus->find_device(NULL, is_ours, "net_aether");
	if (device != NULL)
		AETHER_LOG(ERR, "%s: not for this process: %s runs with --no-huge, and processes "
			   "share huge pages only; reserve some (dpdk-hugepages.py --setup 1G) and "
			   "start both without --no-huge", device->name,
			   rte_eal_has_hugepages() ? "the primary" : "it");
}

RTE_INIT(aether_secondary_scan)
{
	rte_vdev_add_custom_scan(explain_no_huge, NULL);
}
