// SPDX-License-Identifier: GPL-2.0
/*
 * Opens the ESP packets of SAs whose keys are known, and looks at every byte.
 *
 *   esp-open inner DEVICE SAS FROM TO [SPI...]
 *	Hands inner packets to the tunnel DEVICE: of each outbound SA of the file, or
 *	of those with that SPI, one for each size of payload.
 *   esp-open check DEVICE SAS COUNT
 *	Takes the next COUNT ESP packets that arrive on DEVICE, or all until SIGTERM.
 *	Each has to hold what "inner" has handed over under its number.
 *
 * SAS is a file of commands for azvpn-sa, see esp-packet.h. Checked are: outer
 * addresses, ports and lengths; that sequence numbers begin at 1 and leave
 * none out; that no IV comes twice, and where it must not be predicted neither counts
 * nor repeats what was on the wire; the ICV; padding as short as can be, of 1,
 * 2, 3; the next header; the inner packet byte by byte. Prints what is wrong, and
 * a line for each SA that had packets: "tfc" are the most bytes behind an inner packet,
 * "shortest" and "longest" of ESP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "esp-packet.h"

enum { MAX_IVS = 4096, COUNTER_STEPS = 65536 };

/* What has been seen of an SA */
struct seen {
	uint64_t sequence;		/* of the last packet */
	unsigned int packets, errors, tfc, shortest, longest;
	uint8_t ivs[MAX_IVS][ESP_MAX_IV];
	uint8_t last_block[ESP_MAX_IV];	/* of ciphertext */
};

static struct esp_sa *sas;
static struct seen *seen;
static unsigned int nr_sas, foreign;

static int open_device(const char *name, int type)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct timeval poll_signals = { .tv_usec = 100000 };
	int fd = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);
	int big = 16 << 20;

	if (fd < 0)
		die_errno("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &poll_signals, sizeof(poll_signals));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	address.sll_ifindex = if_nametoindex(name);
	if (!address.sll_ifindex)
		die_errno("device %s", name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die_errno("bind to %s", name);
	return fd;
}

static void hand_over(int fd, int ifindex, const struct esp_sa *sa, unsigned int from,
		      unsigned int to)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(sa->from.family == AF_INET6 ? ETH_P_IPV6 : ETH_P_IP),
		.sll_ifindex = ifindex,
	};
	uint8_t packet[ESP_MAX_PLAIN];
	unsigned int size, length;

	for (size = from; size <= to; size++) {
		length = esp_inner_make(sa, size - from + 1, size, packet);
		while (sendto(fd, packet, length, 0, (const struct sockaddr *)&address,
			      sizeof(address)) < 0)
			if (errno != ENOBUFS && errno != EAGAIN)
				die_errno("send");
	}
}

static void inner(const char *device, unsigned int from, unsigned int to, char **spis)
{
	const int fd = open_device(device, SOCK_DGRAM), ifindex = if_nametoindex(device);
	unsigned int i;

	for (i = 0; !*spis && i < nr_sas; i++)
		if (!sas[i].inbound)
			hand_over(fd, ifindex, &sas[i], from, to);
	for (; *spis; spis++)
		hand_over(fd, ifindex, esp_sas_find(sas, nr_sas, parse_number("SPI", *spis, 0,
									      UINT32_MAX)),
			  from, to);
}

/* The packet at hand */
static const struct esp_sa *sa;
static struct seen *state;

static void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void wrong(const char *format, ...)
{
	va_list args;

	state->errors++;
	/* one that is systematically wrong need not say so each time */
	if (state->errors > 5)
		return;
	printf("spi 0x%08x sequence %llu: ", sa->crypto.spi, (unsigned long long)state->sequence);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static uint64_t number_of(const uint8_t *iv)
{
	uint64_t number = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		number = number << 8 | iv[i];
	return number;
}

static bool counts(uint64_t before, uint64_t now)
{
	return now - before < COUNTER_STEPS || before - now < COUNTER_STEPS;
}

/* RFC 4106 section 3.1: never twice; RFC 3602 section 3: not to be predicted, either */
static void check_iv(const uint8_t *iv)
{
	const unsigned int size = sa->crypto.iv;
	unsigned int i;

	if (!size || state->packets >= MAX_IVS)
		return;
	for (i = 0; i < state->packets; i++)
		if (!memcmp(state->ivs[i], iv, size))
			wrong("the IV of packet %u again", i + 1);
	memcpy(state->ivs[i], iv, size);
	if (!i || esp_has_nonce(&sa->crypto))
		return;
	if (counts(number_of(state->ivs[i - 1]), number_of(iv)) ||
	    counts(number_of(state->ivs[i - 1] + size - 8), number_of(iv + size - 8)))
		wrong("the IV counts");
	if (!memcmp(state->last_block, iv, size))
		wrong("the IV is the last block of the packet before");
}

static void check_inner(const uint8_t *plain, unsigned int length)
{
	const unsigned int headers = esp_ip_header(&sa->from) + sizeof(struct udphdr);
	uint8_t expected[ESP_MAX_PLAIN];
	unsigned int size;

	if (length < headers) {
		wrong("an inner packet of %u bytes", length);
		return;
	}
	/* what the UDP header says counts; the rest is behind the packet */
	size = ntohs(((const struct udphdr *)(plain + headers) - 1)->len);
	size = size < sizeof(struct udphdr) ? 0 : size - sizeof(struct udphdr);
	if (headers + size > length) {
		wrong("an inner packet of %u bytes with %u of payload", length, size);
		return;
	}
	esp_inner_make(sa, state->sequence, size, expected);
	if (memcmp(plain, expected, headers + size))
		wrong("not the inner packet that was sent");
	if (length - headers - size > state->tfc)
		state->tfc = length - headers - size;
}

static void check_plain(const uint8_t *plain, unsigned int length)
{
	const uint8_t want = sa->from.family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	unsigned int padding, i;

	if (length < ESP_TRAILER) {
		wrong("no trailer");
		return;
	}
	padding = plain[length - 2];
	if (plain[length - 1] != want)
		wrong("next header %u", plain[length - 1]);
	length -= ESP_TRAILER;
	if (padding >= sa->crypto.align || padding > length) {
		wrong("%u bytes of padding where %u are aligned", padding, sa->crypto.align);
		return;
	}
	length -= padding;
	for (i = 0; i < padding; i++)
		if (plain[length + i] != i + 1)
			wrong("byte %u of the padding is %u", i + 1, plain[length + i]);
	check_inner(plain, length);
}

static void check_esp(const uint8_t *packet, unsigned int length)
{
	uint8_t plain[ESP_MAX_PACKET];
	uint32_t low;
	int opened;

	memcpy(&low, packet + 4, sizeof(low));
	state->sequence++;
	if (ntohl(low) != (uint32_t)state->sequence) {
		wrong("the number is %u", ntohl(low));
		state->sequence = ntohl(low);
	}
	if (!state->packets || length < state->shortest)
		state->shortest = length;
	if (length > state->longest)
		state->longest = length;
	opened = esp_open(&sa->crypto, state->sequence >> 32, packet, length, plain);
	if (opened < 0) {
		wrong("%u bytes whose ICV or length is wrong", length);
	} else {
		check_iv(packet + ESP_HEADER);
		check_plain(plain, opened);
	}
	if (sa->crypto.iv && length >= sa->crypto.iv + sa->crypto.icv)
		memcpy(state->last_block, packet + length - sa->crypto.icv - sa->crypto.iv,
		       sa->crypto.iv);
	state->packets++;
}

static uint32_t sum16(uint32_t sum, const void *data, unsigned int length)
{
	const uint8_t *bytes = data;
	unsigned int i;

	for (i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* RFC 3948 section 2.1 for IPv4: 0 is usual; RFC 8200 section 8.1 for IPv6: there is one */
static void check_udp(const struct udphdr *udp, unsigned int length)
{
	uint32_t sum;

	if (udp->source != sa->sport || udp->dest != sa->dport)
		wrong("from port %u to port %u", ntohs(udp->source), ntohs(udp->dest));
	if (ntohs(udp->len) != length)
		wrong("the UDP header says %u bytes, there are %u", ntohs(udp->len), length);
	if (sa->dst.family != AF_INET6) {
		if (udp->check)
			wrong("a UDP checksum");
		return;
	}
	sum = sum16(IPPROTO_UDP + length, sa->src.bytes, 16);
	sum = sum16(sum, sa->dst.bytes, 16);
	if (!udp->check || sum16(sum, udp, length) != 0xffff)
		wrong("UDP checksum 0x%04x", ntohs(udp->check));
}

struct outer {
	const uint8_t *src, *dst;
	uint8_t protocol;
	unsigned int header, length;
};

/* False if it is not IP, or cannot hold ESP */
static bool parse_outer(const uint8_t *packet, unsigned int length, struct outer *outer)
{
	const struct ip6_hdr *ip6 = (const struct ip6_hdr *)packet;
	const struct iphdr *ip = (const struct iphdr *)packet;

	if (length < sizeof(*ip6) + ESP_HEADER)
		return false;
	if (ip->version == 4)
		*outer = (struct outer) {
			(const uint8_t *)&ip->saddr, (const uint8_t *)&ip->daddr, ip->protocol,
			sizeof(*ip), ntohs(ip->tot_len),
		};
	else
		*outer = (struct outer) {
			ip6->ip6_src.s6_addr, ip6->ip6_dst.s6_addr, ip6->ip6_nxt, sizeof(*ip6),
			sizeof(*ip6) + ntohs(ip6->ip6_plen),
		};
	return outer->protocol == IPPROTO_ESP || outer->protocol == IPPROTO_UDP;
}

static const struct esp_sa *find(uint32_t spi)
{
	unsigned int i;

	for (i = 0; i < nr_sas; i++)
		if (!sas[i].inbound && sas[i].crypto.spi == spi)
			return &sas[i];
	return NULL;
}

static bool check_packet(const uint8_t *packet, unsigned int length)
{
	const unsigned int udp = sizeof(struct udphdr);
	struct outer outer;
	unsigned int offset, address;
	uint32_t spi;

	if (!parse_outer(packet, length, &outer))
		return false;
	offset = outer.header + (outer.protocol == IPPROTO_UDP ? udp : 0);
	memcpy(&spi, packet + offset, sizeof(spi));
	sa = find(ntohl(spi));
	if (!sa) {
		foreign++;
		return false;
	}
	state = &seen[sa - sas];
	address = sa->src.family == AF_INET6 ? 16 : 4;
	if (outer.header != esp_ip_header(&sa->dst) || memcmp(outer.src, sa->src.bytes, address) ||
	    memcmp(outer.dst, sa->dst.bytes, address))
		wrong("outer addresses");
	if (outer.length != length)
		wrong("the outer header says %u bytes, there are %u", outer.length, length);
	if ((outer.protocol == IPPROTO_UDP) != !!sa->sport)
		wrong("outer protocol %u", outer.protocol);
	else if (sa->sport)
		check_udp((const struct udphdr *)(packet + outer.header), length - outer.header);
	check_esp(packet + offset, length - offset);
	return true;
}

static void check(const char *device, unsigned int count)
{
	const int fd = open_device(device, SOCK_DGRAM);
	struct sockaddr_ll from;
	socklen_t from_length;
	uint8_t packet[ESP_MAX_PACKET + 100];
	unsigned int done = 0, errors = 0, i;
	ssize_t length;

	seen = calloc(nr_sas, sizeof(*seen));
	if (!seen)
		die_errno("calloc");
	say_ready();
	while (done < count && !stopped) {
		from_length = sizeof(from);
		length = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from,
				  &from_length);
		if (length > 0 && from.sll_pkttype != PACKET_OUTGOING)
			done += check_packet(packet, length);
	}
	for (i = 0; i < nr_sas; i++) {
		errors += seen[i].errors;
		if (seen[i].packets)
			printf("spi=0x%08x packets=%u errors=%u tfc=%u shortest=%u longest=%u\n",
			       sas[i].crypto.spi, seen[i].packets, seen[i].errors, seen[i].tfc,
			       seen[i].shortest, seen[i].longest);
	}
	printf("all=%u errors=%u foreign=%u\n", done, errors, foreign);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		die("usage: esp-open inner|check DEVICE SAS ...");
	stop_on_signal();
	sas = esp_sas_read(argv[3], &nr_sas);
	if (!strcmp(argv[1], "inner") && argc >= 6)
		inner(argv[2], parse_number("size", argv[4], 0, 4000),
		      parse_number("size", argv[5], 0, 4000), argv + 6);
	else if (!strcmp(argv[1], "check") && argc == 5)
		check(argv[2], parse_number("count", argv[4], 0, UINT32_MAX));
	else
		die("\"%s\" with %d arguments is not known; see the head of the source", argv[1],
		    argc);
	return 0;
}
