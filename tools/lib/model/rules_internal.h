/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of rules share.
 */
#ifndef AZVPN_RULES_INTERNAL_H
#define AZVPN_RULES_INTERNAL_H

#include "rules.h"

/* Fields that messages are about, as the tables call them */
#define AZVPN_VNET_PREFIXES	"addressSpace.addressPrefixes"
#define AZVPN_SITE_PREFIXES	"localNetworkAddressSpace.addressPrefixes"

/* Refuse @object because of @field, which may be NULL. Return: @code. */
int azvpn_refuse(struct azvpn_error *error, const void *object, const char *field, int code,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Refuse with the prefix in the text; the format starts with "%s" for it */
#define AZVPN_REFUSE_PREFIX(error, object, field, prefix, fmt, ...) ({		\
	char text_[AZVPN_PREFIX_SIZE];						\
	azvpn_refuse(error, object, field, -EINVAL, fmt,			\
		     azvpn_prefix_format(prefix, text_), ##__VA_ARGS__);	\
})

/* A list of prefixes of an object, each on its own and among each other */
int azvpn_check_prefixes(const void *object, const char *field,
			 const struct azvpn_prefixes *prefixes, struct azvpn_error *error);
/* Of a size that Azure's VNets and subnets may have */
int azvpn_check_length(const void *object, const char *field, const struct azvpn_prefix *prefix,
		       struct azvpn_error *error);
/* An address on the public side; @owner is "gateway" or "VPN device" */
int azvpn_check_public(const void *object, const char *field, const char *owner,
		       const struct azvpn_addr *addr, struct azvpn_error *error);
/* The prefix of the list that has the address, or NULL */
const struct azvpn_prefix *azvpn_find_address(const struct azvpn_prefixes *prefixes,
					      const struct azvpn_addr *addr);

/* The sites of a gateway against a VNet, its own, with new prefixes */
int azvpn_check_vnet_sites(const struct azvpn_model *model, const struct azvpn_vnet *vnet,
			   const struct azvpn_gateway *gateway, struct azvpn_error *error);
/* Everything about a site on a gateway, in place of what the model has for it */
int azvpn_check_site(const struct azvpn_model *model, const struct azvpn_local_gateway *local,
		     const struct azvpn_gateway *gateway, struct azvpn_error *error);

#endif /* AZVPN_RULES_INTERNAL_H */
