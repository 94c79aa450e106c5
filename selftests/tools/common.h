/* SPDX-License-Identifier: GPL-2.0 */
/* What the helpers of the system tests share. */
#ifndef AZVPN_SELFTESTS_COMMON_H
#define AZVPN_SELFTESTS_COMMON_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Prints "PROGRAM: message" to standard error and exits with 2. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Like die(), with the text of errno behind the message. */
void die_errno(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t now_ms(void);

/* A number from @low to @high in any base strtoull() knows; @what names it in the error. */
uint64_t parse_number(const char *what, const char *text, uint64_t low, uint64_t high);

/* Address and port, both in network byte order in the result. */
/* An address of either family and a port */
struct endpoint {
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
};

struct endpoint parse_endpoint(const char *address, const char *port);
struct sockaddr_in parse_address(const char *address, const char *port);

/*
 * Reads a key from a file of hexadecimal digits on one line, as ip-xfrm(8) has
 * them; returns its size, at most @max. To be wiped by the caller.
 */
size_t read_key(const char *path, uint8_t *key, size_t max);

/* Tells the script that waits for it that this helper now listens. */
void say_ready(void);

/* Sets a flag on SIGTERM and SIGINT, and interrupts blocking calls. */
void stop_on_signal(void);
extern volatile int stopped;

#endif
