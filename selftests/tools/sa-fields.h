/* SPDX-License-Identifier: GPL-2.0 */
/* NAME=VALUE words of azvpn-sa, and the objects they fill. */
#ifndef AZVPN_SELFTESTS_SA_FIELDS_H
#define AZVPN_SELFTESTS_SA_FIELDS_H

#include <jansson.h>

#include "nl.h"

enum { SA_KEY_MAX = 64 };

/* What the words of one command say; only what the verb uses counts. */
struct request {
	struct azvpn_nl_sa sa;
	struct azvpn_nl_sa_update update;
	struct azvpn_nl_policy policy;
	uint32_t tunnel;
	uint32_t spi_min, spi_max;
	uint32_t replace;
	uint8_t key[SA_KEY_MAX];
};

/* Fills @request from @nr words; dies on one it does not know. */
void request_parse(struct request *request, char **words, unsigned int nr);

/* JSON of the objects, with the names of the netlink spec. */
json_t *sa_json(const struct azvpn_nl_sa *sa);
json_t *policy_json(const struct azvpn_nl_policy *policy);
json_t *tunnel_json(const struct azvpn_nl_tunnel *tunnel);
json_t *net_json(const struct azvpn_nl_net *net);
json_t *event_json(const struct azvpn_nl_event *event);

/* An SPI in network byte order as "0x..." */
json_t *spi_json(uint32_t spi);

#endif
