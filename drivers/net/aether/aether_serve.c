/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/*
 * What the primary process does for secondary ones: it runs operations of ports that they ask for,
 * and tells them when a port starts, stops or goes.
 *
 * Requests arrive on EAL's message thread. They run with served.lock held, which keeps the port
 * there meanwhile, and take the port's own lock below it. What waits for answers of other
 * processes must hold neither: the message thread may need them before it can hand those out.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "aether_ethdev.h"
#include "aether_rxtx.h"
#include "aether_secondary.h"

/** Answers to older news that a process may owe before that to the last. */
#define TELL_TRIES	4

static struct {
	pthread_mutex_t lock;
	struct rte_eth_dev *dev[RTE_MAX_ETHPORTS];
	/* Processes that attached and did not detach; a killed one counts for ever. */
	unsigned int n_attached[RTE_MAX_ETHPORTS];
} served = { .lock = PTHREAD_MUTEX_INITIALIZER };

void
aether_mp_build_get(struct aether_mp_build *build)
{
	unsigned int i;

	memset(build, 0, sizeof(*build));
	build->dpdk = RTE_VERSION;
	build->port = sizeof(struct aether_port);
	build->rxq = sizeof(struct aether_rxq);
	build->txq = sizeof(struct aether_txq);
	build->n_pool_ops = rte_mempool_ops_table.num_ops;
	for (i = 0; i < build->n_pool_ops; i++)
		rte_strscpy(build->pool_ops[i], rte_mempool_ops_table.ops[i].name,
			    sizeof(build->pool_ops[i]));
}

/* ---------------------------------------------------------------- requests ------------------ */

/** @param[out] fd the file of BAR 0, the bus's own */
static int
attach(struct rte_eth_dev *dev, struct aether_mp_attach *answer, int *fd)
{
	struct aether_bus *bus = aether_process(dev)->hw.bus;

	aether_mp_build_get(&answer->build);
	if (bus->bar0_fd < 0)
		return -ENOTSUP;
	answer->bar0 = (uintptr_t)bus->bar0;
	answer->bar0_len = bus->bar0_len;
	answer->bar0_offset = bus->bar0_offset;
	*fd = bus->bar0_fd;
	served.n_attached[dev->data->port_id]++;
	return 0;
}

static int
detach(const struct rte_eth_dev *dev)
{
	unsigned int *n = &served.n_attached[dev->data->port_id];

	if (*n > 0)
		(*n)--;
	return 0;
}

/** Smallest buffer that an operation needs. */
static size_t
least_len(uint32_t op)
{
	switch (op) {
	case AETHER_MP_ATTACH:
		return sizeof(struct aether_mp_attach);
	case AETHER_MP_INFO:
		return sizeof(struct rte_eth_dev_info);
	case AETHER_MP_STATS_GET:
		return sizeof(struct aether_mp_stats);
	case AETHER_MP_FLOW_CTRL_GET:
		return sizeof(struct rte_eth_fc_conf);
	case AETHER_MP_FEC_GET:
		return sizeof(uint32_t);
	case AETHER_MP_MODULE_INFO:
		return sizeof(struct rte_eth_dev_module_info);
	case AETHER_MP_MODULE_EEPROM:
	case AETHER_MP_REGS:
		return sizeof(struct aether_mp_data);
	default:
		return 0;
	}
}

/** @param room bytes for data */
static int
get_module_eeprom(struct rte_eth_dev *dev, struct aether_mp_data *buf, size_t room)
{
	struct rte_dev_eeprom_info info = {
		.data = buf->data,
		.offset = buf->offset,
		.length = buf->length,
	};

	return info.length > room ? -EINVAL : dev->dev_ops->get_module_eeprom(dev, &info);
}

static int
get_reg(struct rte_eth_dev *dev, struct aether_mp_data *buf, size_t room)
{
	struct rte_dev_reg_info info = {0};
	int ret;

	ret = dev->dev_ops->get_reg(dev, &info);
	if (ret == 0 && room > 0) {
		info.data = buf->data;
		info.offset = buf->offset;
		info.length = buf->length;
		ret = info.length == 0 || info.length > room / info.width ? -EINVAL :
			dev->dev_ops->get_reg(dev, &info);
	}
	buf->length = info.length;
	buf->width = info.width;
	buf->version = info.version;
	return ret;
}

/** Run an operation on a port of this process. @return what it returns */
static int
run(struct rte_eth_dev *dev, uint32_t op, void *buf, size_t len, int *fd)
{
	const struct eth_dev_ops *ops = dev->dev_ops;
	struct aether_mp_stats *stats = buf;

	if (len < least_len(op))
		return -EINVAL;
	switch (op) {
	case AETHER_MP_ATTACH:
		return attach(dev, buf, fd);
	case AETHER_MP_DETACH:
		return detach(dev);
	case AETHER_MP_INFO:
		return ops->dev_infos_get(dev, buf);
	case AETHER_MP_STATS_GET:
		memset(stats, 0, sizeof(*stats));
		return AETHER_STATS_GET_CALL(ops->stats_get, dev, &stats->port, &stats->queues);
	case AETHER_MP_STATS_RESET:
		return ops->stats_reset(dev);
	case AETHER_MP_XSTATS_GET:
		return ops->xstats_get(dev, buf, len / sizeof(struct rte_eth_xstat));
	case AETHER_MP_XSTATS_NAMES:
		return ops->xstats_get_names(dev, buf, len / sizeof(struct rte_eth_xstat_name));
	case AETHER_MP_FW_VERSION:
		return ops->fw_version_get(dev, buf, len);
	case AETHER_MP_FLOW_CTRL_GET:
		return ops->flow_ctrl_get(dev, buf);
	case AETHER_MP_FEC_GET:
		return ops->fec_get(dev, buf);
	case AETHER_MP_RETA_QUERY:
		return ops->reta_query(dev, buf, len / sizeof(struct rte_eth_rss_reta_entry64) *
				       RTE_ETH_RETA_GROUP_SIZE);
	case AETHER_MP_MODULE_INFO:
		return ops->get_module_info(dev, buf);
	case AETHER_MP_MODULE_EEPROM:
		return get_module_eeprom(dev, buf, len - sizeof(struct aether_mp_data));
	case AETHER_MP_REGS:
		return get_reg(dev, buf, len - sizeof(struct aether_mp_data));
	default:
		return -ENOTSUP;
	}
}

/** The port of that name; served.lock is held. */
static struct rte_eth_dev *
find_served(const char *name)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(served.dev); i++) {
		if (served.dev[i] != NULL && strncmp(served.dev[i]->data->name, name,
						     RTE_ETH_NAME_MAX_LEN) == 0)
			return served.dev[i];
	}
	return NULL;
}

/** Bring the arguments from the asking process's file, run the operation, put the results back. */
static int
run_on_file(const struct aether_mp_call *call, int file, int *fd)
{
	struct rte_eth_dev *dev = find_served(call->port);
	void *buf = NULL;
	int ret;

	if (dev == NULL)
		return -ENODEV;
	if (call->len > 0) {
		buf = malloc(call->len);
		if (buf == NULL)
			return -ENOMEM;
		if (pread(file, buf, call->len, 0) != (ssize_t)call->len) {
			free(buf);
			return -EIO;
		}
	}
	ret = run(dev, call->op, buf, call->len, fd);
	if (call->len > 0 && pwrite(file, buf, call->len, 0) != (ssize_t)call->len)
		ret = -EIO;
	free(buf);
	return ret;
}

static int
serve(const struct rte_mp_msg *msg, const void *peer)
{
	const struct aether_mp_call *call = (const struct aether_mp_call *)msg->param;
	struct rte_mp_msg reply = { .len_param = sizeof(struct aether_mp_answer) };
	struct aether_mp_answer *answer = (struct aether_mp_answer *)reply.param;
	int i, ret, fd = -1;

	rte_strscpy(reply.name, msg->name, sizeof(reply.name));
	answer->number = call->number;
	/* Until the answer is sent: it may carry a file of the port. */
	pthread_mutex_lock(&served.lock);
	if (msg->len_param != sizeof(*call) || call->len > AETHER_MP_MAX_LEN ||
	    msg->num_fds != (call->len > 0))
		answer->ret = -EINVAL;
	else
		answer->ret = run_on_file(call, msg->fds[0], &fd);
	if (fd >= 0) {
		reply.fds[0] = fd;
		reply.num_fds = 1;
	}
	for (i = 0; i < msg->num_fds; i++)
		close(msg->fds[i]);
	ret = rte_mp_reply(&reply, peer);
	pthread_mutex_unlock(&served.lock);
	return ret;
}

/* ---------------------------------------------------------------- news ---------------------- */

/** Send the news once. @return 0, -EAGAIN: an answer is one to older news; or negative errno */
static int
tell_once(struct rte_mp_msg *msg)
{
	const struct timespec timeout = { .tv_sec = AETHER_MP_TIMEOUT_S };
	struct aether_mp_tell *news = (struct aether_mp_tell *)msg->param;
	const struct aether_mp_answer *answer;
	static uint32_t number;
	struct rte_mp_reply replies;
	int i, ret = 0;

	news->number = ++number;
	if (rte_mp_request_sync(msg, &replies, &timeout) != 0)
		return -rte_errno;
	for (i = 0; i < replies.nb_received; i++) {
		answer = (const struct aether_mp_answer *)replies.msgs[i].param;
		if (replies.msgs[i].len_param != sizeof(*answer) || answer->number != number)
			ret = -EAGAIN;
	}
	free(replies.msgs);
	return ret;
}

/** Tell attached processes, if there can be any, and wait until each has answered. */
static void
tell(const char *name, bool closed)
{
	/* One at a time: EAL allows no two of a name. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct rte_mp_msg msg = { .len_param = sizeof(struct aether_mp_tell) };
	struct aether_mp_tell *news = (struct aether_mp_tell *)msg.param;
	unsigned int tries;
	int ret = -EAGAIN;

	rte_strscpy(msg.name, AETHER_MP_TELL, sizeof(msg.name));
	rte_strscpy(news->port, name, sizeof(news->port));
	news->closed = closed;
	pthread_mutex_lock(&lock);
	for (tries = 0; ret == -EAGAIN && tries < TELL_TRIES; tries++)
		ret = tell_once(&msg);
	pthread_mutex_unlock(&lock);
	if (ret != 0)
		AETHER_LOG(WARNING, "%s: a secondary process did not take note in %u s that the "
			   "port %s (%s); do not let it poll the port, or end it", name,
			   AETHER_MP_TIMEOUT_S, closed ? "is closed" : "has started or stopped",
			   rte_strerror(-ret));
}

static bool
has_attached(const struct rte_eth_dev *dev)
{
	const uint16_t id = dev->data->port_id;
	bool attached;

	pthread_mutex_lock(&served.lock);
	attached = served.dev[id] == dev && served.n_attached[id] > 0;
	pthread_mutex_unlock(&served.lock);
	return attached;
}

void
aether_serve_running(struct rte_eth_dev *dev, bool running)
{
	/* Sequentially consistent: whoever attaches later sees it, whoever has attached is told. */
	__atomic_store_n(&aether_port(dev)->running, running, __ATOMIC_SEQ_CST);
	if (has_attached(dev))
		tell(dev->data->name, false);
}

void
aether_serve_removed(struct rte_eth_dev *dev)
{
	struct rte_mp_msg msg = { .len_param = sizeof(struct aether_mp_tell) };
	struct aether_mp_tell *news = (struct aether_mp_tell *)msg.param;

	/* Who attaches later sees it. */
	__atomic_store_n(&aether_port(dev)->running, false, __ATOMIC_SEQ_CST);
	if (!has_attached(dev))
		return;
	rte_strscpy(msg.name, AETHER_MP_REMOVED, sizeof(msg.name));
	rte_strscpy(news->port, dev->data->name, sizeof(news->port));
	if (rte_mp_sendmsg(&msg) != 0)
		AETHER_LOG(WARNING, "%s: secondary processes cannot be told that the device is "
			   "gone: %s", dev->data->name, rte_strerror(rte_errno));
}

int
aether_serve_init(struct rte_eth_dev *dev)
{
	const uint16_t id = dev->data->port_id;

	/* Once for all ports, and for good: whoever asks for one that is gone gets an answer. */
	if (rte_mp_action_register(AETHER_MP_CALL, serve) != 0 && rte_errno != EEXIST &&
	    rte_errno != ENOTSUP) {
		AETHER_LOG(ERR, "%s: cannot listen to secondary processes: %s", dev->data->name,
			   rte_strerror(rte_errno));
		return -rte_errno;
	}
	pthread_mutex_lock(&served.lock);
	served.dev[id] = dev;
	served.n_attached[id] = 0;
	pthread_mutex_unlock(&served.lock);
	return 0;
}

void
aether_serve_fini(struct rte_eth_dev *dev)
{
	const uint16_t id = dev->data->port_id;
	const bool attached = has_attached(dev);

	pthread_mutex_lock(&served.lock);
	if (served.dev[id] == dev)
		served.dev[id] = NULL;
	pthread_mutex_unlock(&served.lock);
	if (attached)
		tell(dev->data->name, true);
}
