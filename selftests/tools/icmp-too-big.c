// SPDX-License-Identifier: GPL-2.0
/*
 * icmp-too-big TO SRC DST PORT SPI MTU
 *
 * Tells TO that an ESP packet from SRC to DST was too big: ICMP "fragmentation
 * needed", or ICMPv6 "packet too big", with that MTU. It quotes the IP header, one of
 * UDP from and to PORT unless that is 0, and the ESP header with that SPI. Anybody
 * on the way, and off it, can send such a message.
 */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common.h"
#include "esp-packet.h"

enum { QUOTED_LENGTH = 1400, MAX_MESSAGE = 128 };

static struct azvpn_addr parse(const char *text)
{
	struct azvpn_addr address = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(address.family, text, address.bytes) != 1)
		die("\"%s\" is not an address", text);
	return address;
}

static uint16_t checksum(const uint8_t *bytes, unsigned int length)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static unsigned int put_ip(uint8_t *at, const struct azvpn_addr *src, const struct azvpn_addr *dst,
			   uint8_t protocol)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 60, .protocol = protocol, .frag_off = htons(IP_DF),
		.tot_len = htons(QUOTED_LENGTH), .saddr = src->ip4.s_addr, .daddr = dst->ip4.s_addr,
	};
	struct ip6_hdr ip6 = { .ip6_src = src->ip6, .ip6_dst = dst->ip6 };

	if (src->family == AF_INET) {
		ip.check = checksum((const uint8_t *)&ip, sizeof(ip));
		memcpy(at, &ip, sizeof(ip));
		return sizeof(ip);
	}
	ip6.ip6_vfc = 6 << 4;
	ip6.ip6_plen = htons(QUOTED_LENGTH - sizeof(ip6));
	ip6.ip6_nxt = protocol;
	ip6.ip6_hlim = 60;
	memcpy(at, &ip6, sizeof(ip6));
	return sizeof(ip6);
}

/* UDP and ESP as they follow the quoted IP header */
static unsigned int put_esp(uint8_t *at, uint16_t port, uint32_t spi)
{
	const struct udphdr udp = {
		.source = htons(port), .dest = htons(port), .len = htons(QUOTED_LENGTH - 40),
	};
	const uint32_t esp[] = { htonl(spi), htonl(1) };
	unsigned int length = 0;

	if (port) {
		memcpy(at, &udp, sizeof(udp));
		length = sizeof(udp);
	}
	memcpy(at + length, esp, sizeof(esp));
	return length + sizeof(esp);
}

static unsigned int put_icmp(uint8_t *at, uint16_t family, uint32_t mtu)
{
	struct icmp6_hdr icmp6 = { .icmp6_type = ICMP6_PACKET_TOO_BIG };
	struct icmphdr icmp = { .type = ICMP_DEST_UNREACH, .code = ICMP_FRAG_NEEDED };

	icmp6.icmp6_mtu = htonl(mtu);
	icmp.un.frag.mtu = htons(mtu);
	memcpy(at, family == AF_INET ? (void *)&icmp : (void *)&icmp6, sizeof(icmp));
	return sizeof(icmp);
}

int main(int argc, char **argv)
{
	uint8_t message[MAX_MESSAGE];
	struct azvpn_addr to, src, dst;
	struct sockaddr_in6 address;
	unsigned int length;
	uint16_t port, sum;
	uint32_t spi;
	int fd;

	if (argc != 7)
		die("usage: icmp-too-big TO SRC DST PORT SPI MTU");
	to = parse(argv[1]);
	src = parse(argv[2]);
	dst = parse(argv[3]);
	port = parse_number("port", argv[4], 0, UINT16_MAX);
	spi = parse_number("SPI", argv[5], 0, UINT32_MAX);
	if (src.family != dst.family || to.family != src.family)
		die("addresses of two families");

	length = put_icmp(message, to.family, parse_number("MTU", argv[6], 0, UINT16_MAX));
	length += put_ip(message + length, &src, &dst, port ? IPPROTO_UDP : IPPROTO_ESP);
	length += put_esp(message + length, port, spi);
	/* that of ICMPv6 the kernel fills in */
	if (to.family == AF_INET) {
		sum = checksum(message, length);
		memcpy(message + 2, &sum, sizeof(sum));
	}
	fd = socket(to.family, SOCK_RAW | SOCK_CLOEXEC,
		    to.family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
	if (fd < 0)
		die_errno("socket");
	if (sendto(fd, message, length, 0, (struct sockaddr *)&address,
		   esp_sockaddr(&to, 0, &address)) != (ssize_t)length)
		die_errno("send");
	return 0;
}
