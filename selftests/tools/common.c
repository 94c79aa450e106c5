// SPDX-License-Identifier: GPL-2.0
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

volatile int stopped;

void die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void die_errno(const char *format, ...)
{
	int error = errno;
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(error));
	exit(2);
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

uint64_t parse_number(const char *what, const char *text, uint64_t low, uint64_t high)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || strchr(text, '-') || value < low || value > high)
		die("%s: \"%s\" is not a number from %llu to %llu", what, text,
		    (unsigned long long)low, (unsigned long long)high);
	return value;
}

struct sockaddr_in parse_address(const char *address, const char *port)
{
	struct sockaddr_in result = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, address, &result.sin_addr) != 1)
		die("\"%s\" is not an IPv4 address", address);
	result.sin_port = htons(parse_number("port", port, 1, 65535));
	return result;
}

struct endpoint parse_endpoint(const char *address, const char *port)
{
	struct endpoint result = { .length = sizeof(result.v6), .v6.sin6_family = AF_INET6 };

	if (inet_pton(AF_INET6, address, &result.v6.sin6_addr) == 1) {
		result.v6.sin6_port = htons(parse_number("port", port, 1, 65535));
		return result;
	}
	result.length = sizeof(result.v4);
	result.v4 = parse_address(address, port);
	return result;
}

size_t read_key(const char *path, uint8_t *key, size_t max)
{
	FILE *file = fopen(path, "r");
	unsigned int byte;
	size_t size = 0;

	if (!file)
		die_errno("%s", path);
	while (size < max && fscanf(file, "%2x", &byte) == 1)
		key[size++] = byte;
	fclose(file);
	return size;
}

void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

void stop_on_signal(void)
{
	/* no SA_RESTART: a helper blocked in recvmsg() has to wake up */
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}
