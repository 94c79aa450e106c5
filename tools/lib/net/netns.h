/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network namespaces by name, as ip-netns(8) keeps them in /run/netns.
 */
#ifndef AZVPN_NETNS_H
#define AZVPN_NETNS_H

#include <stdbool.h>

#include "error.h"

/**
 * azvpn_netns_enter() - have the calling thread work in another namespace
 * @name: of the namespace; empty for the one it is in already
 * @home: takes what azvpn_netns_leave() needs
 * @error: names the namespace and what to do
 *
 * Sockets opened meanwhile stay in that namespace.
 *
 * Return: 0 or a negative errno.
 */
int azvpn_netns_enter(const char *name, int *home, struct azvpn_error *error);
void azvpn_netns_leave(int home);

/*
 * Whether a process is in the namespace that the calling thread is in. A name
 * says less: it may have been given to another namespace since.
 */
bool azvpn_netns_has(int pid);

#endif /* AZVPN_NETNS_H */
