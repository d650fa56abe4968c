/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Commands: which there are, what each may look like, and the reply's header. */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vfu_priv.h"

static int
version(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_user_version *asked = (const void *)request->payload;
	struct vfio_user_version *answer = (void *)request->reply;
	char *text = (char *)(answer + 1);

	if (server->conn.versioned)
		return vfu_refuse(server, -EINVAL, "the version has been agreed on already");
	if (request->payload_len > sizeof(*asked) &&
	    request->payload[request->payload_len - 1] != '\0')
		return vfu_refuse(server, -EINVAL, "the capabilities do not end with a NUL");
	if (asked->major != VFIO_USER_MAJOR) {
		request->end = true;
		return vfu_refuse(server, -ENOTSUP, "the client speaks version %u.%u, wanted %u.x",
				  asked->major, asked->minor, VFIO_USER_MAJOR);
	}
	/* The client's capabilities bind who sends it descriptors or data unasked: not this. */
	answer->major = VFIO_USER_MAJOR;
	answer->minor = RTE_MIN(asked->minor, VFIO_USER_MINOR);
	request->reply_len = sizeof(*answer) + 1 +
		snprintf(text, AETHER_VFIO_USER_MAX_DATA, "{\"capabilities\":{\"max_msg_fds\":%u,"
			 "\"max_data_xfer_size\":%u,\"max_dma_maps\":%u}}",
			 AETHER_VFIO_USER_MAX_FDS, AETHER_VFIO_USER_MAX_DATA, vfu_dma_max(server));
	server->conn.versioned = true;
	return 0;
}

static int
device_info(struct aether_vfio_user *server, struct vfu_request *request)
{
	const struct vfio_user_device_info *asked = (const void *)request->payload;
	struct vfio_user_device_info *answer = (void *)request->reply;

	if (asked->argsz < sizeof(*answer))
		return vfu_refuse(server, -EINVAL, "argsz is %" PRIu32 ", wanted %zu or more",
				  asked->argsz, sizeof(*answer));
	*answer = (struct vfio_user_device_info){
		.argsz = sizeof(*answer),
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.num_regions = server->device.n_regions,
		.num_irqs = server->device.n_irqs,
	};
	request->reply_len = sizeof(*answer);
	return 0;
}

static int
device_reset(struct aether_vfio_user *server, struct vfu_request *request)
{
	RTE_SET_USED(request);
	server->device.ops->reset(server->device.ctx);
	return 0;
}

/** Commands by number; payloads in bytes. */
static const struct command {
	const char *name;
	size_t payload_min, payload_max;
	unsigned int max_fds;
	int (*execute)(struct aether_vfio_user *server, struct vfu_request *request);
} commands[] = {
#define FIXED(type)	sizeof(type), sizeof(type)
	[VFIO_USER_VERSION] = { "VERSION", sizeof(struct vfio_user_version),
				VFU_MAX_MESSAGE - sizeof(struct vfio_user_header), 0, version },
	[VFIO_USER_DMA_MAP] = { "DMA_MAP", FIXED(struct vfio_user_dma_map), 1, vfu_dma_map },
	[VFIO_USER_DMA_UNMAP] = { "DMA_UNMAP", FIXED(struct vfio_user_dma_unmap), 0,
				  vfu_dma_unmap },
	/* A client may have a later struct vfio_device_info, with more at its end. */
	[VFIO_USER_DEVICE_GET_INFO] = { "DEVICE_GET_INFO", sizeof(struct vfio_user_device_info),
					VFU_PAGE, 0, device_info },
	[VFIO_USER_DEVICE_GET_REGION_INFO] = { "DEVICE_GET_REGION_INFO",
					       sizeof(struct vfio_region_info), VFU_PAGE, 0,
					       vfu_region_info },
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = { "DEVICE_GET_IRQ_INFO", sizeof(struct vfio_irq_info),
					    VFU_PAGE, 0, vfu_irq_info },
	[VFIO_USER_DEVICE_SET_IRQS] = { "DEVICE_SET_IRQS", sizeof(struct vfio_irq_set),
					sizeof(struct vfio_irq_set) + AETHER_VFIO_USER_MAX_VECTORS,
					AETHER_VFIO_USER_MAX_FDS, vfu_irq_set },
	[VFIO_USER_REGION_READ] = { "REGION_READ", FIXED(struct vfio_user_region_access), 0,
				    vfu_region_read },
	[VFIO_USER_REGION_WRITE] = { "REGION_WRITE", sizeof(struct vfio_user_region_access) + 1,
				     sizeof(struct vfio_user_region_access) +
				     AETHER_VFIO_USER_MAX_DATA, 0, vfu_region_write },
	[VFIO_USER_DEVICE_RESET] = { "DEVICE_RESET", 0, 0, 0, device_reset },
#undef FIXED
};

static const struct command *
command_find(unsigned int number)
{
	if (number >= RTE_DIM(commands) || commands[number].execute == NULL)
		return NULL;
	return &commands[number];
}

/* A client that runs wild makes thousands: logged at powers of two. */
int
vfu_refuse(struct aether_vfio_user *server, int error, const char *format, ...)
{
	const struct vfio_user_header *header = (const void *)server->conn.in;
	const struct command *command = command_find(header->command);
	uint64_t n = ++server->conn.errors;
	char why[256];
	va_list args;

	if ((n & (n - 1)) != 0)
		return error;
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	VFU_LOG(WARNING, server, "refused message %" PRIu64 " of this client, %s: %s", n,
		command != NULL ? command->name : "unknown command", why);
	return error;
}

static int
check(struct aether_vfio_user *server, const struct vfio_user_header *header,
      const struct vfu_request *request)
{
	const struct command *command = command_find(header->command);

	if ((header->flags & ~(VFIO_USER_F_TYPE | VFIO_USER_F_NO_REPLY)) != 0)
		return vfu_refuse(server, -EINVAL, "flags are 0x%" PRIx32 ", wanted none but 0x%x",
				  header->flags, VFIO_USER_F_NO_REPLY);
	if (command == NULL)
		return vfu_refuse(server, -ENOTSUP, "its number is %u", header->command);
	if (!server->conn.versioned && header->command != VFIO_USER_VERSION)
		return vfu_refuse(server, -EPROTO, "VERSION must come first");
	if (request->payload_len < command->payload_min ||
	    request->payload_len > command->payload_max)
		return vfu_refuse(server, -EINVAL, "it has %zu bytes after the header, wanted %zu "
				  "to %zu", request->payload_len, command->payload_min,
				  command->payload_max);
	if (server->conn.fds_lost || request->n_fds > command->max_fds)
		return vfu_refuse(server, -EINVAL, "it came with %s%u file descriptors, wanted at "
				  "most %u", server->conn.fds_lost ? "over " : "", request->n_fds,
				  command->max_fds);
	return 0;
}

void
vfu_message_execute(struct aether_vfio_user *server)
{
	struct vfu_conn *conn = &server->conn;
	const struct vfio_user_header *header = (const void *)conn->in;
	struct vfio_user_header *reply = (void *)conn->out;
	struct vfu_request request = {
		.payload = conn->in + sizeof(*header),
		.payload_len = header->size - sizeof(*header),
		.fds = conn->fds,
		.n_fds = conn->n_fds,
		.reply = conn->out + sizeof(*reply),
		.reply_fd = -1,
	};
	int ret;

	server->stats.messages++;
	ret = check(server, header, &request);
	if (ret == 0)
		ret = commands[header->command].execute(server, &request);
	if (ret != 0) {
		server->stats.errors++;
		request.reply_len = 0;
		request.reply_fd = -1;
	}
	conn->closing = request.end;
	if ((header->flags & VFIO_USER_F_NO_REPLY) != 0)
		return;
	*reply = (struct vfio_user_header){
		.id = header->id,
		.command = header->command,
		.size = sizeof(*reply) + request.reply_len,
		.flags = VFIO_USER_F_REPLY | (ret != 0 ? VFIO_USER_F_ERROR : 0),
		.error = -ret,
	};
	conn->out_len = reply->size;
	conn->out_done = 0;
	conn->out_fd = request.reply_fd;
}
