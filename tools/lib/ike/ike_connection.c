// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "ike_connection.h"

/* Lifetimes of SAs made by a route-based gateway, in seconds (2017) */
#define IKE_LIFE	28800
#define CHILD_LIFE	27000

/*
 * A rekey starts up to RANDOM seconds before its time, so that the two ends and
 * the tunnels of a gateway do not all start at once; MARGIN is what it may take.
 */
#define MARGIN		900
#define RANDOM		600

/*
 * Sequence numbers of 32 bits are used up after 4.29 billion packets, at a million
 * a second within 72 minutes: rekeying is due before that, too.
 */
#define LIFE_PACKETS	4000000000U
#define REKEY_PACKETS	3500000000U
#define RANDOM_PACKETS	300000000U

#define REPLAY_WINDOW	2048
/*
 * With the retransmissions of ike.c, 34 s in all, a dead peer is found 43 s
 * after its last packet, or a little earlier.
 */
#define DPD_DELAY	9

static const char *const ike_proposals[] = {
	"aes256-sha1-modp1024",
	"aes256-sha256-modp1024",
	"aes128-sha1-modp1024",
	"aes128-sha256-modp1024",
	"3des-sha1-modp1024",
	"3des-sha256-modp1024",
};

/* What the module can do of the list of 2017, without PFS, and GCM-128 for others */
static const char *const esp_proposals[] = {
	"aes256gcm16",
	"aes128gcm16",
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static json_t *list(const char *const *items, size_t count)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < count; i++)
		json_array_append_new(array, json_string(items[i]));
	return array;
}

static json_t *one(const char *item)
{
	return list(&item, 1);
}

static json_t *number(unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	return json_string(text);
}

static json_t *endpoint(const char *id)
{
	return json_pack("{s:s, s:s}", "auth", "psk", "id", id);
}

/*
 * Any-to-any: routes choose the tunnel. A child that ends for whatever reason
 * is begun again.
 */
static json_t *child(unsigned int tunnel_id)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s}",
			 "esp_proposals", list(esp_proposals, COUNT(esp_proposals)),
			 "local_ts", one("0.0.0.0/0"), "remote_ts", one("0.0.0.0/0"),
			 "mode", "tunnel",
			 "if_id_in", number(tunnel_id), "if_id_out", number(tunnel_id),
			 "life_time", number(CHILD_LIFE),
			 "rekey_time", number(CHILD_LIFE - MARGIN),
			 "rand_time", number(RANDOM),
			 "life_packets", number(LIFE_PACKETS),
			 "rekey_packets", number(REKEY_PACKETS),
			 "rand_packets", number(RANDOM_PACKETS),
			 "replay_window", number(REPLAY_WINDOW),
			 "start_action", "start", "close_action", "start",
			 "dpd_action", "start");
}

json_t *azvpn_ike_connection(const struct azvpn_connection *connection,
			     const struct azvpn_gateway *gateway,
			     const struct azvpn_local_gateway *local, bool here)
{
	char near[AZVPN_ADDR_SIZE], far[AZVPN_ADDR_SIZE];

	azvpn_addr_format(&gateway->public_ip, near);
	azvpn_addr_format(&local->gateway_ip, far);
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o}}",
			 "version", "2",
			 "local_addrs", one(here ? near : "%any"), "remote_addrs", one(far),
			 "proposals", list(ike_proposals, COUNT(ike_proposals)),
			 "mobike", "no", "keyingtries", "0",
			 "dpd_delay", number(DPD_DELAY),
			 "rekey_time", number(IKE_LIFE - MARGIN), "over_time", number(MARGIN),
			 "rand_time", number(RANDOM),
			 "local", endpoint(near), "remote", endpoint(far),
			 "children", connection->name, child(connection->tunnel_id));
}
