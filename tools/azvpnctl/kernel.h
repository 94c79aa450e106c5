/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the commands share that show what is in the kernel module.
 */
#ifndef AZVPNCTL_KERNEL_H
#define AZVPNCTL_KERNEL_H

#include "cmd.h"
#include "nl.h"

/* --gateway and --netns say where to look */
extern const struct command_option kernel_options[];

/* Lists one kind of object. Return: 0 or a negative errno. */
typedef int (*kernel_list_fn)(struct azvpn_nl *nl, struct azvpn_print *print);

/* Print a list of what the kernel has where the options say. Return: an exit status. */
int kernel_list(const struct args *args, kernel_list_fn fn);

/* An address of either family, and a network; where there is none, null and "-" */
void kernel_print_addr(struct azvpn_print *print, const char *key, const char *heading,
		       const struct azvpn_addr *addr);
void kernel_print_network(struct azvpn_print *print, const char *key, const char *heading,
			  const struct azvpn_addr *addr, uint32_t prefix);
/* A string that may be empty: null and "-" */
void kernel_print_name(struct azvpn_print *print, const char *key, const char *heading,
		       const char *name);
/* The packet dropped last; in text a column only if there is one */
void kernel_print_last_drop(struct azvpn_print *print, const struct azvpn_nl_last_drop *drop);
/* The counters that are not zero, and their sum */
void kernel_print_drops(struct azvpn_print *print, const uint64_t drops[AZVPN_NL_DROPS]);
/* An SPI as 0x and eight digits; network byte order */
void kernel_print_spi(struct azvpn_print *print, const char *key, const char *heading,
		      uint32_t spi);
void kernel_print_direction(struct azvpn_print *print, uint32_t direction);
/* A time of CLOCK_MONOTONIC, in seconds, as how long ago that was; 0 is never */
void kernel_print_ago(struct azvpn_print *print, const char *key, const char *heading,
		      uint64_t when);

#endif /* AZVPNCTL_KERNEL_H */
