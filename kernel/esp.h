/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sizes of an ESP packet in tunnel mode (RFC 4303 section 2).
 *
 *   outer IP | UDP (RFC 3948) | SPI | sequence | IV | inner | pad | pad len | next | ICV
 *   20 or 40         8           4       4      0-16                   1        1    8-32
 *
 * Pure arithmetic: compiled in user space too, by the unit tests.
 */
#ifndef _AZVPN_ESP_H
#define _AZVPN_ESP_H

#include <linux/types.h>
#include <linux/kernel.h>

enum azvpn_esp_size {
	AZVPN_ESP_HDR		= 8,	/* SPI and the low half of the sequence number */
	AZVPN_ESP_TRAILER	= 2,	/* pad length and next header */
	AZVPN_ESP_PAD_MAX	= 255,

	/* The most that any algorithm has */
	AZVPN_ESP_IV_MAX	= 16,
	AZVPN_ESP_ICV_MAX	= 32,
	AZVPN_ESP_ALIGN_MAX	= 16,
	AZVPN_ESP_SALT_MAX	= 4,

	AZVPN_OUTER_IPV4	= 20,
	AZVPN_OUTER_IPV6	= 40,
	AZVPN_OUTER_UDP		= 8,

	/* Room a packet needs before and behind it, in the worst case */
	AZVPN_HEADROOM		= AZVPN_OUTER_IPV6 + AZVPN_OUTER_UDP +
				  AZVPN_ESP_HDR + AZVPN_ESP_IV_MAX,
	AZVPN_TAILROOM		= AZVPN_ESP_ALIGN_MAX - 1 + AZVPN_ESP_TRAILER + AZVPN_ESP_ICV_MAX,

	AZVPN_IP_MAX		= 65535,
	AZVPN_IPV4_MIN_MTU	= 68,	/* RFC 791 */
	AZVPN_IPV6_MIN_MTU	= 1280,	/* RFC 8200 section 5 */
};

/**
 * struct azvpn_geometry - What an algorithm adds to a packet, in bytes
 * @iv: explicit IV
 * @icv: integrity check value
 * @align: of inner packet, padding and the two bytes below; a power of two, 4 at least
 */
struct azvpn_geometry {
	u8 iv;
	u8 icv;
	u8 align;
};

/* ESP header and IV */
static inline unsigned int azvpn_esp_header(const struct azvpn_geometry *geometry)
{
	return AZVPN_ESP_HDR + geometry->iv;
}

/**
 * azvpn_esp_padding() - Bytes of padding an inner packet gets
 * @geometry: of the algorithm
 * @len: length of the inner packet in bytes
 *
 * Return: as few as let the packet and the trailer end on a boundary.
 */
static inline unsigned int azvpn_esp_padding(const struct azvpn_geometry *geometry,
					     unsigned int len)
{
	return -(len + AZVPN_ESP_TRAILER) & (geometry->align - 1);
}

/**
 * azvpn_esp_len() - Length of the ESP packet
 * @geometry: of the algorithm
 * @len: length of the inner packet in bytes
 *
 * Return: bytes, from the SPI to the ICV.
 */
static inline unsigned int azvpn_esp_len(const struct azvpn_geometry *geometry, unsigned int len)
{
	return azvpn_esp_header(geometry) + len + azvpn_esp_padding(geometry, len) +
	       AZVPN_ESP_TRAILER + geometry->icv;
}

/* The smallest ESP packet: header, IV, one aligned trailer, ICV */
static inline unsigned int azvpn_esp_min(const struct azvpn_geometry *geometry)
{
	return azvpn_esp_header(geometry) + geometry->align + geometry->icv;
}

/**
 * azvpn_esp_inner_mtu() - The longest inner packet that fits a path
 * @geometry: of the algorithm
 * @outer: bytes before the ESP header: IP, and UDP if there is one
 * @mtu: what the path carries, in bytes
 *
 * Return: bytes, 0 if there is room for none.
 */
static inline unsigned int azvpn_esp_inner_mtu(const struct azvpn_geometry *geometry,
					       unsigned int outer, unsigned int mtu)
{
	unsigned int fixed = outer + azvpn_esp_header(geometry) + geometry->icv;
	unsigned int room = mtu > fixed ? (mtu - fixed) & ~(geometry->align - 1U) : 0;

	return room > AZVPN_ESP_TRAILER ? room - AZVPN_ESP_TRAILER : 0;
}

/**
 * azvpn_esp_padding_is_valid() - Inspect the padding of a packet
 * @padding: the bytes
 * @len: how many there are
 *
 * Return: whether they are 1, 2, 3 and so on, as RFC 4303 section 2.4 has them.
 */
static inline bool azvpn_esp_padding_is_valid(const u8 *padding, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		if (padding[i] != (u8)(i + 1))
			return false;
	return true;
}

#endif /* _AZVPN_ESP_H */
