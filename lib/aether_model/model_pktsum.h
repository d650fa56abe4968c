/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 Aether contributors
 */

#ifndef MODEL_PKTSUM_H
#define MODEL_PKTSUM_H

/**
 * @file
 * Internet checksums, and where headers have theirs: what is verified on receive and inserted on
 * transmit.
 */

#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>

#define IPV4_MIN_HLEN		20
#define IPV4_CSUM		10
#define IPV6_HLEN		40
#define TCP_MIN_HLEN		20
#define TCP_CSUM		16
#define UDP_HLEN		8
#define UDP_CSUM		6
#define SCTP_HLEN		12
#define SCTP_CSUM		8

/** Add to a ones' complement sum that is not folded yet, 32 bits at a time. */
static inline uint64_t
sum_add(uint64_t sum, const uint8_t *p, uint32_t len)
{
	uint64_t a, b;
	uint32_t half;
	uint16_t word;

	for (; len >= 16; len -= 16, p += 16) {
		memcpy(&a, p, sizeof(a));
		memcpy(&b, p + 8, sizeof(b));
		sum += (a & UINT32_MAX) + (a >> 32) + (b & UINT32_MAX) + (b >> 32);
	}
	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&half, p, sizeof(half));
		sum += half;
	}
	if (len >= 2) {
		memcpy(&word, p, sizeof(word));
		sum += word;
		p += 2;
		len -= 2;
	}
	if (len != 0)
		sum += rte_cpu_to_le_16(*p);
	return sum;
}

/** Fold to 16 bits; 0xffff means that data with its checksum is right. */
static inline uint16_t
sum_fold(uint64_t sum)
{
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT32_MAX) + (sum >> 32);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

#endif /* MODEL_PKTSUM_H */
