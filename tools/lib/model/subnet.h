/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What Azure does with the addresses of a VNet: which of them nobody gets, and
 * which a gateway takes from its GatewaySubnet. VNets are IPv4; the functions
 * that count addresses take no other.
 */
#ifndef AZVPN_SUBNET_H
#define AZVPN_SUBNET_H

#include "addr.h"

#define AZVPN_GATEWAY_SUBNET	"GatewaySubnet"

/* The shortest and the longest prefix of a subnet, and of a VNet */
#define AZVPN_SUBNET_MIN_LEN	8
#define AZVPN_SUBNET_MAX_LEN	29

/*
 * What a VNet must not contain: multicast, loopback, link-local, broadcast and
 * the address of the platform's own services. Return: the range, or NULL.
 */
const struct azvpn_prefix *azvpn_subnet_forbidden(const struct azvpn_prefix *prefix);

/*
 * Of a GatewaySubnet of /29 or bigger. The first four addresses and the last
 * one are reserved, as in every subnet: the gateway's instance gets the first
 * one after them, its BGP speaker the second to last of the range.
 */
struct azvpn_addr azvpn_subnet_instance(const struct azvpn_prefix *subnet);
struct azvpn_addr azvpn_subnet_bgp(const struct azvpn_prefix *subnet);
bool azvpn_subnet_reserved(const struct azvpn_prefix *subnet, const struct azvpn_addr *addr);

#endif /* AZVPN_SUBNET_H */
