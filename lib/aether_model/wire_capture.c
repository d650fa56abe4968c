/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

/* Reading a whole capture into memory, so that nothing of it can fail later. */

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "model_wire.h"

#define CAPTURE_MAX_BYTES	(UINT64_C(1) << 30)
#define ETHER_HEADER_LEN	14

void
capture_free(struct capture *capture)
{
	free(capture->data);
	free(capture->frames);
	memset(capture, 0, sizeof(*capture));
}

/* Double `*array` until it holds `want` elements. */
static int
grow(void **array, size_t *size, size_t want, size_t element)
{
	size_t bigger = RTE_MAX(*size, (size_t)64);
	void *grown;

	if (want <= *size)
		return 0;
	while (bigger < want)
		bigger *= 2;
	grown = realloc(*array, bigger * element);
	if (grown == NULL)
		return -ENOMEM;
	*array = grown;
	*size = bigger;
	return 0;
}

/* Padded to the shortest frame, as the sender's MAC did after it was captured. */
static int
add_frame(struct capture *capture, const uint8_t *data, uint32_t len, uint64_t ns)
{
	uint32_t padded = RTE_MAX(len, (uint32_t)WIRE_MIN_FRAME);
	uint32_t room = RTE_CACHE_LINE_ROUNDUP(padded);
	struct capture_frame *frame;

	if (capture->bytes + room > CAPTURE_MAX_BYTES)
		return -EFBIG;
	if (grow((void **)&capture->data, &capture->data_size, capture->bytes + room, 1) != 0 ||
	    grow((void **)&capture->frames, &capture->frames_size, capture->n_frames + 1,
		 sizeof(*frame)) != 0)
		return -ENOMEM;
	frame = &capture->frames[capture->n_frames++];
	frame->offset = capture->bytes;
	frame->len = padded;
	frame->ns = ns;
	memcpy(capture->data + capture->bytes, data, len);
	memset(capture->data + capture->bytes + len, 0, room - len);
	capture->bytes += room;
	return 0;
}

/* @return 1: good, 0: to be skipped, or negative errno, logged */
static int
check_packet(struct aether_model *model, const char *name, uint64_t number,
	     const struct pcap_pkthdr *header, bool skip_truncated)
{
	if (header->caplen != header->len) {
		if (header->caplen < header->len && skip_truncated)
			return 0;
		MODEL_LOG(ERR, model, "capture %s: packet %"PRIu64" has %u of its %u bytes; "
			  "capture whole packets, or leave it out by truncated=skip", name, number,
			  header->caplen, header->len);
		return -EBADMSG;
	}
	if (header->caplen < ETHER_HEADER_LEN || header->caplen > WIRE_MAX_FRAME) {
		MODEL_LOG(ERR, model, "capture %s: packet %"PRIu64" has %u bytes; an Ethernet "
			  "frame for this device has %u to %u without FCS", name, number,
			  header->caplen, ETHER_HEADER_LEN, WIRE_MAX_FRAME);
		return -EBADMSG;
	}
	return 1;
}

/* Nanoseconds since 1970; tv_usec holds nanoseconds. Damaged stamps only make damaged gaps. */
static int64_t
packet_time(const struct pcap_pkthdr *header)
{
	return (int64_t)((uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec);
}

static int
read_packets(struct aether_model *model, pcap_t *pcap, const char *name, bool skip_truncated,
	     struct capture *capture)
{
	struct pcap_pkthdr *header;
	int64_t now, last = INT64_MAX;
	const uint8_t *data;
	uint64_t number;
	int ret;

	for (number = 1; ; number++) {
		ret = pcap_next_ex(pcap, &header, &data);
		if (ret == PCAP_ERROR_BREAK)
			return 0;
		if (ret != 1) {
			MODEL_LOG(ERR, model, "capture %s is damaged at packet %"PRIu64": %s; "
				  "repair it or capture again", name, number, pcap_geterr(pcap));
			return -EBADMSG;
		}
		ret = check_packet(model, name, number, header, skip_truncated);
		if (ret < 0)
			return ret;
		if (ret == 0) {
			capture->skipped++;
			continue;
		}
		now = packet_time(header);
		ret = add_frame(capture, data, header->caplen,
				now > last ? (uint64_t)now - (uint64_t)last : 0);
		if (ret != 0) {
			MODEL_LOG(ERR, model, "capture %s: packet %"PRIu64" is too much: %s", name,
				  number, ret == -EFBIG ? "at most 1 GiB is played; split it" :
				  "out of memory");
			return ret;
		}
		last = now;
	}
}

int
capture_load(struct aether_model *model, FILE *file, const char *name, bool skip_truncated,
	     struct capture *capture)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap;
	int ret;

	memset(capture, 0, sizeof(*capture));
	pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (pcap == NULL) {
		fclose(file);
		MODEL_LOG(ERR, model, "%s is no capture: %s; it must be a pcap or pcapng file",
			  name, error);
		return -EBADMSG;
	}
	if (pcap_datalink(pcap) != DLT_EN10MB) {
		MODEL_LOG(ERR, model, "capture %s has link type %d (%s); only Ethernet (%d) can be "
			  "played", name, pcap_datalink(pcap),
			  pcap_datalink_val_to_name(pcap_datalink(pcap)) == NULL ? "unknown" :
			  pcap_datalink_val_to_name(pcap_datalink(pcap)), DLT_EN10MB);
		ret = -EINVAL;
	} else {
		ret = read_packets(model, pcap, name, skip_truncated, capture);
	}
	pcap_close(pcap);
	if (ret != 0)
		capture_free(capture);
	else if (capture->skipped != 0)
		MODEL_LOG(NOTICE, model, "capture %s: left out %"PRIu64" truncated packets", name,
			  capture->skipped);
	return ret;
}
