/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sizes of an ESP packet in tunnel mode with AES-GCM (RFC 4303, RFC 4106).
 *
 *   outer IPv4 | UDP (RFC 3948) | SPI | sequence | IV | inner | pad | pad len | next | ICV
 *        20            8           4       4       8           0-3      1        1     16
 *
 * Pure arithmetic: compiled in user space too, by the unit tests.
 */
#ifndef _AZVPN_ESP_H
#define _AZVPN_ESP_H

#include <linux/types.h>
#include <linux/kernel.h>

enum azvpn_esp_size {
	AZVPN_ESP_HDR		= 8,	/* SPI and the low half of the sequence number */
	AZVPN_ESP_IV		= 8,
	AZVPN_ESP_ALIGN		= 4,	/* of inner packet, padding and the two bytes below */
	AZVPN_ESP_TRAILER	= 2,	/* pad length and next header */
	AZVPN_ESP_ICV		= 16,
	AZVPN_ESP_SALT		= 4,

	AZVPN_OUTER_IPV4	= 20,
	AZVPN_OUTER_UDP		= 8,

	/* Room a packet needs before and behind it, in the worst case */
	AZVPN_HEADROOM		= AZVPN_OUTER_IPV4 + AZVPN_OUTER_UDP +
				  AZVPN_ESP_HDR + AZVPN_ESP_IV,
	AZVPN_TAILROOM		= AZVPN_ESP_ALIGN - 1 + AZVPN_ESP_TRAILER + AZVPN_ESP_ICV,
	/* The smallest ESP packet: header, IV, one aligned trailer, ICV */
	AZVPN_ESP_MIN		= AZVPN_ESP_HDR + AZVPN_ESP_IV + AZVPN_ESP_ALIGN + AZVPN_ESP_ICV,

	AZVPN_IPV4_MAX		= 65535,
	AZVPN_IPV4_MIN_MTU	= 68,	/* RFC 791 */
};

/**
 * azvpn_esp_padding() - Bytes of padding an inner packet gets
 * @len: length of the inner packet in bytes
 *
 * Return: 0 to 3, so that the packet and the trailer end on a 4 byte boundary.
 */
static inline unsigned int azvpn_esp_padding(unsigned int len)
{
	return -(len + AZVPN_ESP_TRAILER) & (AZVPN_ESP_ALIGN - 1);
}

/**
 * azvpn_esp_outer_len() - Length of the outer packet
 * @len: length of the inner packet in bytes
 * @encap: whether ESP travels in UDP
 *
 * Return: bytes, from the outer IPv4 header to the ICV.
 */
static inline unsigned int azvpn_esp_outer_len(unsigned int len, bool encap)
{
	return AZVPN_OUTER_IPV4 + (encap ? AZVPN_OUTER_UDP : 0) + AZVPN_ESP_HDR + AZVPN_ESP_IV +
	       len + azvpn_esp_padding(len) + AZVPN_ESP_TRAILER + AZVPN_ESP_ICV;
}

/**
 * azvpn_esp_inner_mtu() - The longest inner packet that fits a path
 * @mtu: what the path carries, outer IPv4 header included, in bytes
 * @encap: whether ESP travels in UDP
 *
 * Return: bytes, never less than an IPv4 path must carry.
 */
static inline unsigned int azvpn_esp_inner_mtu(unsigned int mtu, bool encap)
{
	unsigned int fixed = AZVPN_OUTER_IPV4 + (encap ? AZVPN_OUTER_UDP : 0) +
			     AZVPN_ESP_HDR + AZVPN_ESP_IV + AZVPN_ESP_ICV;
	unsigned int room = mtu > fixed ? (mtu - fixed) & ~(AZVPN_ESP_ALIGN - 1) : 0;

	if (room < AZVPN_IPV4_MIN_MTU + AZVPN_ESP_TRAILER)
		return AZVPN_IPV4_MIN_MTU;
	return room - AZVPN_ESP_TRAILER;
}

#endif /* _AZVPN_ESP_H */
