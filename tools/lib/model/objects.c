// SPDX-License-Identifier: GPL-2.0
/*
 * Every field of every kind of object. A line here is all that store, document,
 * JSON Schema, options, output, completion and the manual page need.
 */
#include "objects.h"
#include "rules.h"
#include "values.h"

#define FIELDS(table)	.fields = table, .n_fields = sizeof(table) / sizeof((table)[0])

/* The field that every kind has first */
#define NAME_OF(struct_name, text)							\
	{										\
		.json = "name", .column = "name", .heading = "Name",			\
		AZVPN_AT(struct_name, name), .type = &azvpn_type_name,			\
		.flags = AZVPN_IDENTITY | AZVPN_REQUIRED, .since = 1, .help = text,	\
	}

static const struct azvpn_field vnet_fields[] = {
	NAME_OF(azvpn_vnet, "its name"),
	{
		.json = "addressSpace.addressPrefixes", .column = "prefix",
		.option = "address-prefixes", .heading = "AddressPrefixes",
		AZVPN_AT(azvpn_vnet, prefixes), .type = &azvpn_type_prefixes,
		.flags = AZVPN_REQUIRED, .since = 1,
		.help = "its networks, /8 to /29; those given replace those it has",
	},
};

const struct azvpn_kind azvpn_vnet_kind = {
	.index = AZVPN_VNETS, .command = "vnet", .table = "vnet", .title = "VNet", .json = "vnets",
	.help = "virtual network",
	.create = "Its networks must be apart from each other and from those of the sites that its\n"
		  "gateway is joined to.",
	.delete = "Its subnets go with it. Refused while a gateway lives in it.",
	.size = sizeof(struct azvpn_vnet), FIELDS(vnet_fields), .since = 1,
	.check = azvpn_rules_vnet,
};

static const struct azvpn_field subnet_fields[] = {
	NAME_OF(azvpn_subnet, "its name, unique in the VNet"),
	{
		.json = "vnet", .column = "vnet", .option = "vnet", .heading = "VNet",
		AZVPN_AT(azvpn_subnet, vnet), .type = &azvpn_type_name, .target = &azvpn_vnet_kind,
		.flags = AZVPN_IDENTITY | AZVPN_REQUIRED, .since = 1,
		.help = "the VNet it is part of",
	},
	{
		.json = "addressPrefix", .column = "prefix", .option = "address-prefix",
		.heading = "AddressPrefix",
		AZVPN_AT(azvpn_subnet, prefix), .type = &azvpn_type_prefix,
		.flags = AZVPN_REQUIRED, .since = 1, .help = "its network, /8 to /29",
	},
};

const struct azvpn_kind azvpn_subnet_kind = {
	.index = AZVPN_SUBNETS, .command = "subnet", .table = "subnet", .title = "subnet", .json = "subnets",
	.heading = "Subnets", .help = "subnet of a virtual network",
	.create = "A gateway needs a subnet with exactly the name GatewaySubnet in its VNet. It takes\n"
		  "its addresses from there; nothing else may live in it. /29 is the smallest, /27 is\n"
		  "recommended. In every subnet the first four addresses and the last are reserved.",
	.delete = "Refused for a GatewaySubnet in use.",
	.size = sizeof(struct azvpn_subnet), FIELDS(subnet_fields), .since = 1,
	.owner = &azvpn_vnet_kind,
	.check = azvpn_rules_subnet, .check_delete = azvpn_rules_delete_subnet,
};

static const char *const gateway_types[] = { "Vpn", "ExpressRoute", NULL };
static const char *const vpn_types[] = { "RouteBased", "PolicyBased", NULL };

static const struct azvpn_field gateway_fields[] = {
	NAME_OF(azvpn_gateway, "its name"),
	{
		.json = "gatewayType", .column = "gateway_type", .option = "gateway-type",
		AZVPN_AT(azvpn_gateway, type), .type = &azvpn_type_choice,
		.choices = gateway_types, .initial = "Vpn", .flags = AZVPN_FIXED, .since = 2,
		.help = "what it is a gateway for; only Vpn is available",
	},
	{
		.json = "vpnType", .column = "vpn_type", .option = "vpn-type", .heading = "VpnType",
		AZVPN_AT(azvpn_gateway, vpn_type), .type = &azvpn_type_choice,
		.choices = vpn_types, .initial = "RouteBased", .flags = AZVPN_FIXED, .since = 2,
		.help = "what chooses the tunnel: routes, or selectors; only RouteBased is available",
	},
	{
		.json = "vnet", .column = "vnet", .option = "vnet", .heading = "VNet",
		AZVPN_AT(azvpn_gateway, vnet), .type = &azvpn_type_name, .target = &azvpn_vnet_kind,
		.flags = AZVPN_REQUIRED | AZVPN_FIXED | AZVPN_UNIQUE, .since = 1,
		.help = "the VNet it serves, which has a GatewaySubnet",
	},
	{
		.json = "publicIpAddress", .column = "public_ip", .option = "public-ip",
		.heading = "PublicIpAddress",
		AZVPN_AT(azvpn_gateway, public_ip), .type = &azvpn_type_addr,
		.flags = AZVPN_REQUIRED | AZVPN_FIXED, .since = 1, .help = "where sites reach it",
	},
	{
		.json = "privateIpAddress", .heading = "PrivateIpAddress",
		AZVPN_AT(azvpn_gateway, private_ip), .type = &azvpn_type_addr,
		.flags = AZVPN_READ_ONLY, .help = "its instance's address in the GatewaySubnet",
	},
	{
		.json = "bgpSettings.bgpPeeringAddress", .heading = "BgpPeeringAddress",
		AZVPN_AT(azvpn_gateway, bgp_ip), .type = &azvpn_type_addr,
		.flags = AZVPN_READ_ONLY, .help = "its BGP speaker's address in the GatewaySubnet",
	},
	{
		.json = "netns", .column = "netns", .option = "netns", .heading = "Netns",
		AZVPN_AT(azvpn_gateway, netns), .type = &azvpn_type_netns,
		.flags = AZVPN_FIXED, .since = 1,
		.help = "the network namespace it runs in, or else the one azvpnctl is called in",
	},
};

const struct azvpn_kind azvpn_gateway_kind = {
	.index = AZVPN_GATEWAYS, .command = "gateway", .table = "gateway", .title = "gateway", .json = "gateways",
	.help = "VPN gateway",
	.create = "The network namespace must be there, see ip-netns(8); what makes it at boot is to be\n"
		  "ordered before azvpn.service. A namespace has one gateway at most, and a VNet too.\n"
		  "Nothing of a gateway can be changed later: delete it and create it again.",
	.delete = "Stops it. Refused while it has connections.",
	.size = sizeof(struct azvpn_gateway), FIELDS(gateway_fields), .since = 1,
	.check = azvpn_rules_gateway, .derive = azvpn_gateway_derive,
};

static const struct azvpn_field local_gateway_fields[] = {
	NAME_OF(azvpn_local_gateway, "its name"),
	{
		.json = "gatewayIpAddress", .column = "gateway_ip", .option = "gateway-ip-address",
		.heading = "GatewayIpAddress",
		AZVPN_AT(azvpn_local_gateway, gateway_ip), .type = &azvpn_type_addr,
		.flags = AZVPN_REQUIRED, .since = 1,
		.help = "the public address of the site's VPN device",
	},
	{
		.json = "localNetworkAddressSpace.addressPrefixes", .column = "prefix",
		.option = "address-prefixes", .heading = "AddressPrefixes",
		AZVPN_AT(azvpn_local_gateway, prefixes), .type = &azvpn_type_prefixes,
		.flags = AZVPN_REQUIRED, .since = 1,
		.help = "the networks behind it; those given replace those it has",
	},
};

const struct azvpn_kind azvpn_local_gateway_kind = {
	.index = AZVPN_LOCAL_GATEWAYS, .command = "local-gateway", .table = "local_gateway",
	.title = "local gateway",
	.json = "localGateways", .help = "local network gateway",
	.create = "It stands for a site: the public address of its VPN device, and the networks behind\n"
		  "that. When the networks change, routes do at once and the tunnel stays up. Another\n"
		  "device address begins a new tunnel.",
	.delete = "Refused while it has connections.",
	.size = sizeof(struct azvpn_local_gateway), FIELDS(local_gateway_fields), .since = 1,
	.check = azvpn_rules_local_gateway,
};

static const char *const connection_types[] = { "IPsec", "Vnet2Vnet", NULL };

static const struct azvpn_field connection_fields[] = {
	NAME_OF(azvpn_connection, "its name"),
	{
		.json = "connectionType", .column = "connection_type", .option = "connection-type",
		AZVPN_AT(azvpn_connection, type), .type = &azvpn_type_choice,
		.choices = connection_types, .initial = "IPsec", .flags = AZVPN_FIXED, .since = 2,
		.help = "what it joins the gateway to; only IPsec, a site, is available",
	},
	{
		.json = "gateway", .column = "gateway", .option = "gateway", .heading = "Gateway",
		AZVPN_AT(azvpn_connection, gateway), .type = &azvpn_type_name,
		.target = &azvpn_gateway_kind,
		.flags = AZVPN_REQUIRED | AZVPN_FIXED, .since = 1,
		.help = "the gateway at this end",
	},
	{
		.json = "localGateway", .column = "local_gateway", .option = "local-gateway",
		.heading = "LocalGateway",
		AZVPN_AT(azvpn_connection, local_gateway), .type = &azvpn_type_name,
		.target = &azvpn_local_gateway_kind,
		.flags = AZVPN_REQUIRED | AZVPN_FIXED, .since = 1,
		.help = "the local network gateway at the other",
	},
	{
		.json = "gatewayIpAddress", .heading = "GatewayIpAddress",
		AZVPN_AT(azvpn_connection, state.gateway_ip), .type = &azvpn_type_addr,
		.flags = AZVPN_READ_ONLY, .help = "the address of the site's VPN device",
	},
	{
		.json = "device", .heading = "Device",
		AZVPN_AT(azvpn_connection, state.device), .type = &azvpn_type_text,
		.flags = AZVPN_READ_ONLY, .help = "its tunnel device",
	},
	{
		.json = "tunnelId", .column = "tunnel_id",
		AZVPN_AT(azvpn_connection, tunnel_id), .type = &azvpn_type_number,
		.min = 1, .max = AZVPN_TUNNEL_ID_MAX, .flags = AZVPN_ASSIGNED, .since = 1,
		.help = "number of its tunnel, unique in the gateway; the lowest free one if left out",
	},
	{
		.json = "sharedKey", .column = "shared_key", .option = "shared-key-file",
		AZVPN_AT(azvpn_connection, key.text), .type = &azvpn_type_key,
		.flags = AZVPN_ASSIGNED | AZVPN_SECRET, .since = 1,
		.help = "the pre-shared key, 1 to 128 letters and digits",
	},
	{
		.column = "key_tag",
		AZVPN_AT(azvpn_connection, key.tag), .type = &azvpn_type_tag,
		.flags = AZVPN_ASSIGNED, .since = 1,
	},
	{
		.json = "connectionStatus", .heading = "ConnectionStatus",
		AZVPN_AT(azvpn_connection, state.status), .type = &azvpn_type_text,
		.flags = AZVPN_READ_ONLY, .help = "how it is; azvpnctl(8) has the words",
	},
	{
		.json = "ingressBytesTransferred", .heading = "IngressBytesTransferred",
		AZVPN_AT(azvpn_connection, state.ingress), .type = &azvpn_type_number,
		.flags = AZVPN_READ_ONLY, .help = "bytes of the packets that came from the site",
	},
	{
		.json = "egressBytesTransferred", .heading = "EgressBytesTransferred",
		AZVPN_AT(azvpn_connection, state.egress), .type = &azvpn_type_number,
		.flags = AZVPN_READ_ONLY, .help = "bytes of the packets that went to the site",
	},
	{
		.json = "ikeEstablishedSeconds",
		AZVPN_AT(azvpn_connection, state.seconds), .type = &azvpn_type_number,
		.flags = AZVPN_READ_ONLY, .help = "for how long the IKE SA has been there",
	},
};

const struct azvpn_kind azvpn_connection_kind = {
	.index = AZVPN_CONNECTIONS, .command = "connection", .table = "connection", .title = "connection",
	.json = "connections", .help = "connection of a gateway and a local network gateway",
	.create = "Without --shared-key-file a new connection gets a random key of 32 letters and\n"
		  "digits, which \"azvpnctl connection shared-key show\" tells. A connection that is\n"
		  "there already keeps its key, or takes that of the file; a tunnel that is up stays\n"
		  "up, and the key counts from the next negotiation on.",
	.delete = "Ends it.",
	.size = sizeof(struct azvpn_connection), FIELDS(connection_fields), .since = 1,
	.unique = "gateway, tunnel_id",
	.check = azvpn_rules_connection, .complete = azvpn_connection_complete,
	.derive = azvpn_connection_derive,
};

const struct azvpn_kind *const azvpn_kinds[AZVPN_KINDS] = {
	[AZVPN_VNETS] = &azvpn_vnet_kind,
	[AZVPN_SUBNETS] = &azvpn_subnet_kind,
	[AZVPN_GATEWAYS] = &azvpn_gateway_kind,
	[AZVPN_LOCAL_GATEWAYS] = &azvpn_local_gateway_kind,
	[AZVPN_CONNECTIONS] = &azvpn_connection_kind,
};
