/* SPDX-License-Identifier: GPL-2.0 */
/* What the helpers that make and open ESP packets share: SAs, and what is inside. */
#ifndef AZVPN_SELFTESTS_ESP_PACKET_H
#define AZVPN_SELFTESTS_ESP_PACKET_H

#include "addr.h"
#include "esp-crypto.h"

enum { NATT_PORT = 4500, INNER_PORT = 9 };

/*
 * An SA. @from and @to are the inner addresses, @sport and @dport 0 for raw ESP,
 * all in network byte order.
 */
struct esp_sa {
	struct esp_crypto crypto;
	struct azvpn_addr src, dst, from, to;
	uint16_t sport, dport;
	bool inbound;
};

/*
 * Reads the SAs of a file of commands for "azvpn-sa batch". The words "from=" and
 * "to=", which an SA has no use for there, are the inner addresses here.
 */
struct esp_sa *esp_sas_read(const char *path, unsigned int *count);

/* The SA with that SPI; dies if there is none. */
struct esp_sa *esp_sas_find(struct esp_sa *sas, unsigned int count, uint32_t spi);

/*
 * The inner packet of that number: UDP from one inner address to the other, port
 * INNER_PORT, so many bytes of payload. Returns its length.
 */
unsigned int esp_inner_make(const struct esp_sa *sa, uint32_t number, unsigned int payload,
			    uint8_t *packet);

/* Bytes of an IP header of that family */
unsigned int esp_ip_header(const struct azvpn_addr *address);

/* An address as the system calls want it; returns its length. */
unsigned int esp_sockaddr(const struct azvpn_addr *address, uint16_t port, void *sockaddr);

#endif
