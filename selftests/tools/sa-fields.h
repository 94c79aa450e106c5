/* SPDX-License-Identifier: GPL-2.0 */
/* NAME=VALUE words of azvpn-sa, and the objects they fill. */
#ifndef AZVPN_SELFTESTS_SA_FIELDS_H
#define AZVPN_SELFTESTS_SA_FIELDS_H

#include "nl.h"

enum { SA_KEY_MAX = 64 };

/* What the words of one command say; only what the verb uses counts. */
struct request {
	struct azvpn_nl_sa_name name;
	struct azvpn_nl_sa sa;
	struct azvpn_nl_sa_update update;
	struct azvpn_nl_policy policy;
	uint32_t tunnel;
	uint32_t spi_min, spi_max;
	uint32_t replace;
	uint8_t key[SA_KEY_MAX];
	uint8_t integrity_key[SA_KEY_MAX];
};

/* Fills @request from @nr words; dies on one it does not know. */
void request_parse(struct request *request, char **words, unsigned int nr);

/* An object as one line of NAME=VALUE words. */
void print_sa(const struct azvpn_nl_sa *sa);
void print_policy(const struct azvpn_nl_policy *policy);
void print_tunnel(const struct azvpn_nl_tunnel *tunnel);
void print_net(const struct azvpn_nl_net *net);
void print_event(const struct azvpn_nl_event *event);

/* An SPI in network byte order as the word "spi=0x..." */
void print_spi(uint32_t spi);

#endif
