/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of "azvpnctl connection" and "azvpnctl status" share.
 */
#ifndef AZVPNCTL_CONNECTION_H
#define AZVPNCTL_CONNECTION_H

#include "cmd.h"

/* Print the connections of a gateway, or only the one of that name */
void print_gateway_connections(struct query *query, const struct azvpn_gateway *gateway,
			       const char *name);

/* Take the key from --shared-key-file */
int read_key(const struct args *args, struct azvpn_key *key, struct azvpn_error *error);

extern const struct command_option shared_key_set_options[];
extern const struct command_option shared_key_reset_options[];

int shared_key_show(struct query *query);
int shared_key_set(const struct args *args);
int shared_key_reset(const struct args *args);

#endif /* AZVPNCTL_CONNECTION_H */
