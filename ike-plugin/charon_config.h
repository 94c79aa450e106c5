/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the distribution built charon, as far as its headers depend on it; takes
 * the place of strongSwan's config.h and is included before everything else.
 *
 * Not all of it is cosmetic: ME (the mediation extension, which Debian builds
 * in) adds members to daemon_t and ike_sa_t. check_layout.c compares what
 * comes out of it with the charon that will load the plugin.
 */
#ifndef AZVPN_CHARON_CONFIG_H
#define AZVPN_CHARON_CONFIG_H

#define CONFIG_H_INCLUDED

#define ME 1
#define USE_IKEV1 1
#define USE_IKEV2 1

#define HAVE_ALLOCA_H 1
#define HAVE_CLOCK_GETTIME 1
#define HAVE_CLOSEFROM 1
#define HAVE_CONDATTR_CLOCK_MONOTONIC 1
#define HAVE_EXPLICIT_BZERO 1
#define HAVE_FMEMOPEN 1
#define HAVE_GCC_ATOMIC_OPERATIONS 1
#define HAVE_GCC_SYNC_OPERATIONS 1
#define HAVE_INT128 1
#define HAVE_MEMRCHR 1
#define HAVE_PRINTF_SPECIFIER 1
#define HAVE_QSORT_R 1
#define HAVE_QSORT_R_GNU 1
#define HAVE_SIGWAITINFO 1
#define HAVE_STDBOOL_H 1
#define HAVE_STRERROR_R 1
#define HAVE_SYS_PARAM_H 1
#define HAVE__BOOL 1

#endif /* AZVPN_CHARON_CONFIG_H */
