// SPDX-License-Identifier: GPL-2.0
/*
 * esp-craft [-w FILE] SAS [SPI] KIND[=N]:SEQUENCE...
 *
 * Sends ESP packets made with the right key, each to the SA named last or else to
 * the first: what a peer could send that has gone wrong, or turned against us, and
 * what only happens after 2^32 packets. SAS is a file of commands for azvpn-sa, see
 * esp-packet.h. A good packet is one of UDP to port 9. -w writes the packets to
 * FILE instead, each from its SPI to its ICV. Kinds:
 *
 *   good, sweep (N packets of 0, 1, 2... bytes of payload, numbered from SEQUENCE)
 *   tfc (N bytes behind the inner packet, 100), padded (all the padding there can be)
 *   payload (N bytes of it instead of 32)
 *   dummy (next header 59), next (header N), family (next header of the other one)
 *   padding (byte N of the padding wrong, counted from 1)
 *   pad (claims N more padding than there is packet, 1), empty (nothing but padding)
 *   short (N bytes less than an inner header, 2), version (N), ihl (N),
 *   length (N, modulo 65536, more than is there)
 *   misaligned (N bytes more than aligned, yet authentic)
 *   foreign (in UDP to an SA that wants raw ESP, and the other way round)
 *   cut (once for every shorter length), icv (once for each byte of the ICV, a bit
 *   of it flipped), byte (the same for all bytes between the sequence number and the ICV)
 *
 * Prints what the receiver must make of those that are cut: "headless" (never gets
 * to ESP), "malformed", "icv".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "esp-packet.h"

enum { PAYLOAD = 32, NEXT_NONE = 59 };

/* What is to be encrypted, and how it is to be sent */
struct draft {
	uint8_t plain[ESP_MAX_PLAIN];
	unsigned int length;		/* of the inner packet and what is behind it */
	unsigned int padding;
	unsigned int misaligned;
	uint8_t claimed_padding;
	uint8_t wrong_padding;		/* which byte, 0 for none */
	uint8_t next;
	bool foreign;
};

static struct esp_sa *sas;
static unsigned int nr_sas;
static FILE *output;
static unsigned int sent, headless, malformed, icv;

static void align(const struct esp_sa *sa, struct draft *draft)
{
	draft->padding = -(draft->length + ESP_TRAILER) & (sa->crypto.align - 1);
	draft->claimed_padding = draft->padding;
}

/* More padding: at least so many bytes, or as many as there can be up to it */
static void pad(const struct esp_sa *sa, struct draft *draft, unsigned int padding, bool at_least)
{
	unsigned int limit = at_least ? padding : padding - sa->crypto.align + 1;

	while (draft->padding < limit)
		draft->padding += sa->crypto.align;
	draft->claimed_padding = draft->padding;
}

static void lie(const struct esp_sa *sa, struct draft *draft, const char *kind, unsigned int n)
{
	struct ip6_hdr *ip6 = (struct ip6_hdr *)draft->plain;
	struct iphdr *ip = (struct iphdr *)draft->plain;
	const bool is_ip6 = sa->from.family == AF_INET6;

	if (!strcmp(kind, "version"))
		draft->plain[0] = n << 4 | (draft->plain[0] & 15);
	else if (!strcmp(kind, "ihl") && !is_ip6)
		ip->ihl = n;
	else if (!strcmp(kind, "length") && is_ip6)
		ip6->ip6_plen = htons(ntohs(ip6->ip6_plen) + n);
	else if (!strcmp(kind, "length"))
		ip->tot_len = htons(ntohs(ip->tot_len) + n);
	else
		die("\"%s\" is no kind of packet", kind);
}

static bool is(const char *kind, const char *name)
{
	return !strcmp(kind, name);
}

static bool is_sent_often(const char *kind)
{
	return is(kind, "cut") || is(kind, "icv") || is(kind, "byte");
}

/* What is decided before the padding is; false if the kind is none of these */
static bool shape(const struct esp_sa *sa, struct draft *draft, const char *kind, unsigned int n)
{
	if (is(kind, "tfc"))
		draft->length += n ?: 100;
	else if (is(kind, "dummy"))
		draft->next = NEXT_NONE;
	else if (is(kind, "next"))
		draft->next = n;
	else if (is(kind, "family"))
		draft->next = draft->next == IPPROTO_IPIP ? IPPROTO_IPV6 : IPPROTO_IPIP;
	else if (is(kind, "short"))
		draft->length = esp_ip_header(&sa->from) - (n ?: 2);
	else if (is(kind, "empty"))
		draft->length = 0;
	else if (is(kind, "misaligned"))
		draft->misaligned = n;
	else if (is(kind, "foreign"))
		draft->foreign = true;
	else
		return is(kind, "good") || is(kind, "payload") || is(kind, "padded") ||
		       is(kind, "padding") || is(kind, "pad") || is_sent_often(kind);
	return true;
}

static void make(const struct esp_sa *sa, struct draft *draft, const char *kind, unsigned int n,
		 uint64_t sequence)
{
	memset(draft, 0, sizeof(*draft));
	draft->next = sa->from.family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	draft->length = esp_inner_make(sa, sequence, is(kind, "payload") ? n : PAYLOAD,
				       draft->plain);
	if (!shape(sa, draft, kind, n))
		lie(sa, draft, kind, n);
	align(sa, draft);
	if (is(kind, "padded"))
		pad(sa, draft, ESP_MAX_PADDING, false);
	if (is(kind, "padding")) {
		pad(sa, draft, n, true);
		draft->wrong_padding = n;
	}
	/* less would not get through UDP, see least() */
	if (is(kind, "empty"))
		pad(sa, draft, 2 * sizeof(struct iphdr), true);
	if (is(kind, "pad"))
		draft->claimed_padding = draft->length + draft->padding + (n ?: 1);
}

/* 1, 2, 3 and so on, its length, what is inside: RFC 4303 section 2.4 */
static void put_trailer(struct draft *draft)
{
	unsigned int i;

	for (i = 1; i <= draft->padding; i++)
		draft->plain[draft->length++] = i == draft->wrong_padding ? i ^ 0x40 : i;
	draft->length += draft->misaligned;
	draft->plain[draft->length++] = draft->claimed_padding;
	draft->plain[draft->length++] = draft->next;
}

/* One for each SA and way; connected, or the kernel would look the route up each time */
static int open_socket(const struct esp_sa *sa, bool encap)
{
	const uint16_t sport = sa->sport ?: htons(NATT_PORT), dport = sa->dport ?: htons(NATT_PORT);
	struct sockaddr_in6 address;
	unsigned int length;
	int fd, on = 1;

	fd = encap ? socket(sa->src.family, SOCK_DGRAM | SOCK_CLOEXEC, 0) :
		     socket(sa->src.family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
	if (fd < 0)
		die_errno("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	length = esp_sockaddr(&sa->src, encap ? sport : 0, &address);
	if (bind(fd, (struct sockaddr *)&address, length))
		die_errno("bind");
	length = esp_sockaddr(&sa->dst, encap ? dport : 0, &address);
	if (connect(fd, (struct sockaddr *)&address, length))
		die_errno("connect");
	return fd;
}

static int get_socket(const struct esp_sa *sa, bool encap)
{
	static const struct esp_sa *of;
	static int fds[2] = { -1, -1 };
	unsigned int i;

	for (i = 0; i < 2 && of != sa; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
	of = sa;
	if (fds[encap] < 0)
		fds[encap] = open_socket(sa, encap);
	return fds[encap];
}

static void put(const struct esp_sa *sa, bool foreign, const uint8_t *packet, unsigned int length)
{
	const bool encap = !!sa->sport != foreign;

	sent++;
	if (output) {
		if (fwrite(packet, length, 1, output) != 1)
			die_errno("write");
		return;
	}
	/* ENOBUFS: the queue of the device is full for the moment */
	while (send(get_socket(sa, encap), packet, length, 0) < 0)
		if (errno != ENOBUFS && errno != EAGAIN)
			die_errno("send");
}

/* UDP passes on no less than the IP header that it moves down */
static unsigned int least(const struct esp_sa *sa)
{
	return sa->sport ? esp_ip_header(&sa->dst) : ESP_HEADER;
}

static void put_cut(const struct esp_sa *sa, const uint8_t *packet, unsigned int whole)
{
	const struct esp_crypto *crypto = &sa->crypto;
	const unsigned int around = ESP_HEADER + crypto->iv + crypto->icv;
	unsigned int length;

	for (length = 0; length < whole; length++) {
		put(sa, false, packet, length);
		if (length < least(sa))
			headless++;
		else if (length < around + crypto->align || (length - around) % crypto->align)
			malformed++;
		else
			icv++;
	}
}

static void put_flipped(const struct esp_sa *sa, uint8_t *packet, unsigned int length,
			unsigned int from, unsigned int to)
{
	unsigned int i;

	for (i = from; i < to; i++) {
		/* a different bit each time, so that each one has its turn */
		packet[i] ^= 1 << i % 8;
		put(sa, false, packet, length);
		packet[i] ^= 1 << i % 8;
		icv++;
	}
}

static void send_kind(const struct esp_sa *sa, const char *kind, unsigned int n, uint64_t sequence)
{
	static uint8_t packet[ESP_MAX_PACKET];
	static struct draft draft;
	unsigned int length;

	make(sa, &draft, kind, n, sequence);
	put_trailer(&draft);
	length = esp_seal(&sa->crypto, sequence, draft.plain, draft.length, packet);
	if (is(kind, "cut"))
		put_cut(sa, packet, length);
	else if (is(kind, "icv"))
		put_flipped(sa, packet, length, length - sa->crypto.icv, length);
	else if (is(kind, "byte"))
		put_flipped(sa, packet, length, ESP_HEADER, length - sa->crypto.icv);
	else
		put(sa, draft.foreign, packet, length);
}

static void send_word(const struct esp_sa *sa, char *word)
{
	char *colon = strchr(word, ':'), *equals;
	unsigned int n = 0, i;
	uint64_t sequence;

	*colon = '\0';
	equals = strchr(word, '=');
	if (equals) {
		*equals = '\0';
		n = parse_number(word, equals + 1, 0, UINT16_MAX);
	}
	sequence = parse_number("sequence", colon + 1, 0, UINT64_MAX);
	if (strcmp(word, "sweep")) {
		send_kind(sa, word, n, sequence);
		return;
	}
	for (i = 0; i < n; i++)
		send_kind(sa, "payload", i, sequence + i);
}

int main(int argc, char **argv)
{
	const struct esp_sa *sa;
	int i;

	if (argc > 2 && !strcmp(argv[1], "-w")) {
		output = fopen(argv[2], "w");
		if (!output)
			die_errno("%s", argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 3)
		die("usage: [-w FILE] SAS [SPI] KIND[=N]:SEQUENCE...");
	sas = esp_sas_read(argv[1], &nr_sas);
	sa = sas;
	for (i = 2; i < argc; i++) {
		if (strchr(argv[i], ':'))
			send_word(sa, argv[i]);
		else
			sa = esp_sas_find(sas, nr_sas, parse_number("SPI", argv[i], 0, UINT32_MAX));
	}
	if (output && fclose(output))
		die_errno("write");
	printf("sent=%u headless=%u malformed=%u icv=%u\n", sent, headless, malformed, icv);
	return 0;
}
