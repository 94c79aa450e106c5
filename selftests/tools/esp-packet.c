// SPDX-License-Identifier: GPL-2.0
#include "esp-packet.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "sa-fields.h"

enum { MAX_SAS = 1024, MAX_WORDS = 40, INNER_SOURCE_PORT = 1009 };

static void from_request(struct esp_sa *sa, const struct request *request)
{
	const struct azvpn_nl_sa *said = &request->sa;

	memset(sa, 0, sizeof(*sa));
	esp_crypto_init(&sa->crypto, said->cipher, request->key, said->cipher_key_size,
			said->integrity, request->integrity_key, said->integrity_key_size);
	sa->crypto.spi = ntohl(said->spi);
	sa->crypto.esn = said->flags & AZVPN_SA_FLAG_ESN;
	sa->src = said->src;
	sa->dst = said->dst;
	sa->from = request->policy.selector.src;
	sa->to = request->policy.selector.dst;
	sa->sport = said->encap_sport;
	sa->dport = said->encap_dport;
	sa->inbound = said->direction == AZVPN_DIRECTION_IN;
}

static bool read_line(struct esp_sa *sa, char *line)
{
	static const char *const gaps = " \t\n";
	char *words[MAX_WORDS], *word;
	unsigned int nr = 0;
	struct request request;

	for (word = strtok(line, gaps); word && nr < MAX_WORDS; word = strtok(NULL, gaps))
		words[nr++] = word;
	if (nr < 2 || strcmp(words[0], "sa") || strcmp(words[1], "add"))
		return false;
	request_parse(&request, words + 2, nr - 2);
	from_request(sa, &request);
	explicit_bzero(&request, sizeof(request));
	return true;
}

struct esp_sa *esp_sas_read(const char *path, unsigned int *count)
{
	struct esp_sa *sas = calloc(MAX_SAS, sizeof(*sas));
	FILE *file = fopen(path, "r");
	char line[1024];

	if (!file || !sas)
		die_errno("%s", path);
	*count = 0;
	while (*count < MAX_SAS && fgets(line, sizeof(line), file))
		*count += read_line(&sas[*count], line);
	fclose(file);
	return sas;
}

struct esp_sa *esp_sas_find(struct esp_sa *sas, unsigned int count, uint32_t spi)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (sas[i].crypto.spi == spi)
			return &sas[i];
	die("there is no SA 0x%x", spi);
}

unsigned int esp_ip_header(const struct azvpn_addr *address)
{
	return address->family == AF_INET6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr);
}

unsigned int esp_sockaddr(const struct azvpn_addr *address, uint16_t port, void *sockaddr)
{
	struct sockaddr_in6 *in6 = sockaddr;
	struct sockaddr_in *in = sockaddr;

	if (address->family == AF_INET6) {
		*in6 = (struct sockaddr_in6) {
			.sin6_family = AF_INET6, .sin6_addr = address->ip6, .sin6_port = port,
		};
		return sizeof(*in6);
	}
	*in = (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_addr = address->ip4, .sin_port = port,
	};
	return sizeof(*in);
}

static uint32_t add(uint32_t sum, const void *data, unsigned int length)
{
	const uint8_t *bytes = data;
	unsigned int i;

	for (i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static void put_ip4(const struct esp_sa *sa, uint32_t number, unsigned int length, uint8_t *packet)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
		.tot_len = htons(length), .id = htons(number),
		.saddr = sa->from.ip4.s_addr, .daddr = sa->to.ip4.s_addr,
	};

	ip.check = folded(add(0, &ip, sizeof(ip)));
	memcpy(packet, &ip, sizeof(ip));
}

static void put_ip6(const struct esp_sa *sa, unsigned int payload, uint8_t *packet)
{
	struct ip6_hdr ip = { .ip6_src = sa->from.ip6, .ip6_dst = sa->to.ip6 };

	ip.ip6_vfc = 6 << 4;
	ip.ip6_plen = htons(payload);
	ip.ip6_nxt = IPPROTO_UDP;
	ip.ip6_hlim = 64;
	memcpy(packet, &ip, sizeof(ip));
}

unsigned int esp_inner_make(const struct esp_sa *sa, uint32_t number, unsigned int payload,
			    uint8_t *packet)
{
	const unsigned int header = esp_ip_header(&sa->from);
	const unsigned int address = sa->from.family == AF_INET6 ? 16 : 4;
	struct udphdr udp = { 0 };
	const unsigned int length = sizeof(udp) + payload;
	uint8_t *data = packet + header + sizeof(udp);
	uint32_t sum;
	unsigned int i;

	if (sa->from.family == AF_INET6)
		put_ip6(sa, length, packet);
	else
		put_ip4(sa, number, header + length, packet);
	for (i = 0; i < payload; i++)
		data[i] = number * 7 + i * 11 + (i >> 8);

	udp.source = htons(INNER_SOURCE_PORT);
	udp.dest = htons(INNER_PORT);
	udp.len = htons(length);
	sum = add(IPPROTO_UDP + length, sa->from.bytes, address);
	sum = add(sum, sa->to.bytes, address);
	sum = add(sum, &udp, sizeof(udp));
	udp.check = folded(add(sum, data, payload)) ?: 0xffff;
	memcpy(packet + header, &udp, sizeof(udp));
	return header + length;
}
