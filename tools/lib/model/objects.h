/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kinds of objects that an administrator configures. Their tables of fields
 * are in objects.c; Documentation/contributing.md says how to add to them.
 */
#ifndef AZVPN_OBJECTS_H
#define AZVPN_OBJECTS_H

#include "addr.h"
#include "object.h"
#include "secret.h"

/* A device is called azvpn and its tunnel id, and has 15 characters at most for that and a label */
#define AZVPN_TUNNEL_ID_MAX	9999999

enum {
	AZVPN_VNETS,
	AZVPN_SUBNETS,
	AZVPN_GATEWAYS,
	AZVPN_LOCAL_GATEWAYS,
	AZVPN_CONNECTIONS,
	AZVPN_KINDS,
};

/* All kinds, each after those that its objects name */
extern const struct azvpn_kind *const azvpn_kinds[AZVPN_KINDS];
extern const struct azvpn_kind azvpn_vnet_kind;
extern const struct azvpn_kind azvpn_subnet_kind;
extern const struct azvpn_kind azvpn_gateway_kind;
extern const struct azvpn_kind azvpn_local_gateway_kind;
extern const struct azvpn_kind azvpn_connection_kind;

struct azvpn_vnet {
	struct azvpn_object object;
	char name[AZVPN_NAME_SIZE];
	struct azvpn_prefixes prefixes;
};

struct azvpn_subnet {
	struct azvpn_object object;
	char vnet[AZVPN_NAME_SIZE];
	char name[AZVPN_NAME_SIZE];
	struct azvpn_prefix prefix;
};

/* As the choices of the fields are ordered */
enum azvpn_gateway_type { AZVPN_GATEWAY_VPN, AZVPN_GATEWAY_EXPRESS_ROUTE };
enum azvpn_vpn_type { AZVPN_ROUTE_BASED, AZVPN_POLICY_BASED };
enum azvpn_connection_type { AZVPN_CONNECTION_IPSEC, AZVPN_CONNECTION_VNET2VNET };

/**
 * struct azvpn_gateway - a virtual network gateway
 * @object: what every object has
 * @name: its name, which is also the name of its run directory
 * @type: enum azvpn_gateway_type
 * @vpn_type: enum azvpn_vpn_type
 * @vnet: the VNet whose GatewaySubnet it lives in
 * @public_ip: where sites reach it
 * @private_ip: told: its instance's address in the GatewaySubnet
 * @bgp_ip: told: its BGP speaker's
 * @netns: name of the network namespace it runs in; empty for the one that
 *	   azvpnctl runs in
 */
struct azvpn_gateway {
	struct azvpn_object object;
	char name[AZVPN_NAME_SIZE];
	unsigned int type;
	unsigned int vpn_type;
	char vnet[AZVPN_NAME_SIZE];
	struct azvpn_addr public_ip;
	struct azvpn_addr private_ip;
	struct azvpn_addr bgp_ip;
	char netns[AZVPN_NETNS_SIZE];
};

/* A site: its VPN device and the prefixes behind it */
struct azvpn_local_gateway {
	struct azvpn_object object;
	char name[AZVPN_NAME_SIZE];
	struct azvpn_addr gateway_ip;
	struct azvpn_prefixes prefixes;
};

/**
 * struct azvpn_connection_state - told of a connection: how it is
 * @gateway_ip: address of the site's device
 * @device: name of its tunnel device
 * @status: one of the words of status.h; empty: was not asked
 * @ingress: bytes of inner packets received since the device was made
 * @egress: bytes sent
 * @seconds: how long the IKE SA has been there; 0 if there is none
 */
struct azvpn_connection_state {
	struct azvpn_addr gateway_ip;
	char device[16];
	char status[16];
	uint64_t ingress;
	uint64_t egress;
	uint64_t seconds;
};

/**
 * struct azvpn_connection - joins a gateway and a local network gateway
 * @object: what every object has
 * @name: its name, which is also its name in charon
 * @type: enum azvpn_connection_type
 * @gateway: one end
 * @local_gateway: the other end
 * @tunnel_id: number of its tunnel device, unique in the gateway; 0 in a new
 *	       connection asks for the lowest free one
 * @key: the pre-shared key; an empty one in a new connection asks for a random
 *	 one, in an existing one for the key it has
 * @state: told
 */
struct azvpn_connection {
	struct azvpn_object object;
	char name[AZVPN_NAME_SIZE];
	unsigned int type;
	char gateway[AZVPN_NAME_SIZE];
	char local_gateway[AZVPN_NAME_SIZE];
	uint32_t tunnel_id;
	struct azvpn_key key;
	struct azvpn_connection_state state;
};

#endif /* AZVPN_OBJECTS_H */
