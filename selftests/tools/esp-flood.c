// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that a peer who has the keys, and one who has not, could send if they
 * wanted to do harm, or were mad. What a seed stands for is always the same.
 *
 *   esp-flood in DEVICE MAC KEY-FILE INTEGRITY-KEY-FILE SEED COUNT FIRST
 *	Ethernet frames to that address, of ESP raw and in UDP, over IPv4 and
 *	IPv6, with sequence numbers from FIRST on: inner packets well-formed and
 *	not under a valid ICV, then some of it damaged, cut, or in fragments; and
 *	ICMP errors that quote what the other end sends.
 *   esp-flood out DEVICE SEED COUNT
 *	The same inner packets into a tunnel, some as super-packets or with a
 *	checksum to be filled in, wherever that is said to be.
 *   esp-flood listen
 *	Holds the UDP sockets of both families on which the kernel takes ESP,
 *	until SIGTERM.
 *
 * The other end is 198.51.100.1 and 2001:db8:1::1, this one 198.51.100.2 and
 * 2001:db8:1::2. Its SAs are those of first_spi + n, where of n bit 0 means in
 * UDP, bit 1 AES-GCM rather than null with HMAC-SHA256, bit 2 over IPv6; in the
 * same order those that it sends with are at first_spi_out. The result is one
 * line of NAME=VALUE words.
 */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAX_PACKET = 9000,
	ROOM = MAX_PACKET + 512,
	NATT_PORT = 4500,
	first_spi = 0x2001,
	first_spi_out = 0x1001,
	IP4 = 20,
	IP6 = 40,
	UDP = 8,
	ESP = 8,
	IV = 8,
	ICV = 16,
	SALT = 4,
	MAX_KEY = 64,
};

enum { IN_UDP = 1, GCM = 2, OVER_IP6 = 4, NR_SAS = 8 };

/* Grows at its end, and at its front by what was left free there */
struct packet {
	uint8_t room[ROOM + MAX_PACKET];
	unsigned int start, len;
};

static const uint8_t here4[4] = { 198, 51, 100, 2 }, there4[4] = { 198, 51, 100, 1 };
static const uint8_t here6[16] = { 0x20, 1, 0xd, 0xb8, 0, 1, [15] = 2 };
static const uint8_t there6[16] = { 0x20, 1, 0xd, 0xb8, 0, 1, [15] = 1 };

static uint8_t key[MAX_KEY], integrity_key[MAX_KEY];
static size_t key_size, integrity_key_size;
static uint64_t state;
static uint32_t sequence;
static unsigned int sent, refused;
static int fd;
static struct sockaddr_ll target = { .sll_family = AF_PACKET };
static uint8_t ethernet[ETH_HLEN];

static uint32_t chance(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 2685821657736338717ULL >> 32) % n;
}

static bool one_in(uint32_t n)
{
	return !chance(n);
}

static uint8_t *bytes(struct packet *packet)
{
	return packet->room + packet->start;
}

static void begin(struct packet *packet)
{
	packet->start = ROOM - MAX_PACKET;
	packet->len = 0;
}

/* Room for @n zeros behind the packet, or before it */
static uint8_t *append(struct packet *packet, unsigned int n)
{
	uint8_t *at = bytes(packet) + packet->len;

	if (packet->start + packet->len + n > sizeof(packet->room))
		die("a packet has outgrown its room");
	packet->len += n;
	return memset(at, 0, n);
}

static uint8_t *prepend(struct packet *packet, unsigned int n)
{
	if (packet->start < n)
		die("a packet has outgrown its room at the front");
	packet->start -= n;
	packet->len += n;
	return memset(bytes(packet), 0, n);
}

static void append_noise(struct packet *packet, unsigned int n)
{
	uint8_t *at = append(packet, n);

	while (n--)
		*at++ = chance(256);
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t sum(uint32_t before, const uint8_t *at, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		before += i & 1 ? at[i] : at[i] << 8;
	return before;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Flip bytes, mostly near the front, where headers are */
static void damage(struct packet *packet)
{
	unsigned int n = 1 + chance(4), reach;
	uint8_t *at;

	while (n-- && packet->len) {
		reach = one_in(3) || packet->len < 80 ? packet->len : 80;
		at = bytes(packet) + chance(reach);
		if (one_in(3))
			*at = chance(256);
		else
			*at ^= 1 << chance(8);
	}
}

/* Inner packets */

static unsigned int some_length(void)
{
	switch (chance(8)) {
	case 0:
		return chance(8);
	case 1:
		return chance(1500);
	case 2:
		return one_in(4) ? 4000 + chance(3500) : 1300 + chance(150);
	default:
		return chance(160);
	}
}

static void put_tcp_options(struct packet *packet)
{
	unsigned int left = chance(11) * 4, n;
	uint8_t *at;

	while (left) {
		n = 2 + chance(8);
		if (one_in(4) || n > left) {
			*append(packet, 1) = one_in(8) ? 0 : 1;
			left--;
			continue;
		}
		if (one_in(2) && left >= 4)
			n = 4;
		at = append(packet, n);
		at[0] = n == 4 ? 2 : chance(10);
		at[1] = one_in(20) ? chance(256) : n;
		if (n == 4)
			put16(at + 2, one_in(4) ? chance(65536) : 1460);
		left -= n;
	}
}

static void put_tcp(struct packet *packet)
{
	unsigned int at = packet->len;

	append(packet, 20);
	put16(bytes(packet) + at, chance(65536));
	put16(bytes(packet) + at + 2, 9);
	bytes(packet)[at + 13] = one_in(2) ? 2 : chance(256);
	put_tcp_options(packet);
	bytes(packet)[at + 12] = one_in(16) ? chance(256) : (packet->len - at) / 4 << 4;
	append_noise(packet, some_length());
}

static void put_payload(struct packet *packet, uint8_t protocol)
{
	unsigned int n = some_length();
	uint8_t *at;

	switch (protocol) {
	case IPPROTO_TCP:
		put_tcp(packet);
		return;
	case IPPROTO_UDP:
		at = append(packet, UDP);
		put16(at, 1009);
		put16(at + 2, 9);
		put16(at + 4, one_in(16) ? chance(65536) : UDP + n);
		break;
	}
	append_noise(packet, n);
}

static uint8_t some_protocol(void)
{
	static const uint8_t common[] = {
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP,
		IPPROTO_ICMPV6, IPPROTO_ESP, IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_SCTP,
	};

	return one_in(12) ? chance(256) : common[chance(sizeof(common))];
}

static void put_inner4(struct packet *packet, bool outbound)
{
	const uint8_t from[4] = { 10, outbound ? 1 : 2, 0, 1 }, to[4] = { 10, outbound ? 2 : 1, 0, 1 };
	unsigned int options = one_in(6) ? chance(11) * 4 : 0;
	uint8_t protocol = some_protocol(), *ip;

	append(packet, IP4);
	append_noise(packet, options);
	put_payload(packet, protocol);
	ip = bytes(packet);
	ip[0] = 0x40 | (IP4 + options) / 4;
	ip[1] = chance(256);
	put16(ip + 2, packet->len);
	put16(ip + 4, chance(65536));
	put16(ip + 6, one_in(8) ? chance(65536) : one_in(2) ? 0x4000 : 0);
	ip[8] = one_in(20) ? chance(3) : 64;
	ip[9] = protocol;
	memcpy(ip + 12, from, sizeof(from));
	memcpy(ip + 16, to, sizeof(to));
	put16(ip + 10, fold(sum(0, ip, IP4 + options)));
}

static uint8_t *put_extension(struct packet *packet, uint8_t kind)
{
	unsigned int n = 8;
	uint8_t *at;

	if (kind != 44)
		n = kind == 51 ? 12 + chance(4) * 4 : 8 + chance(3) * 8;
	at = append(packet, n);
	if (kind == 44)
		put16(at + 2, one_in(2) ? chance(65536) : one_in(2));
	else
		at[1] = one_in(24) ? chance(256) : kind == 51 ? n / 4 - 2 : n / 8 - 1;
	if (kind == 0 || kind == 60) {
		/* one option of padding over all of it */
		at[2] = 1;
		at[3] = n - 4;
	}
	return at;
}

static void put_inner6(struct packet *packet, bool outbound)
{
	static const uint8_t kinds[] = { 60, 43, 44, 51, 0 };
	unsigned int n = one_in(3) ? 1 + chance(4) : 0, next_at = 6;
	uint8_t protocol = some_protocol(), *ip, kind;

	append(packet, IP6);
	while (n--) {
		kind = kinds[chance(sizeof(kinds))];
		bytes(packet)[next_at] = kind;
		next_at = put_extension(packet, kind) - bytes(packet);
	}
	bytes(packet)[next_at] = protocol;
	put_payload(packet, protocol);
	ip = bytes(packet);
	ip[0] = 0x60 | chance(16);
	ip[1] = chance(256);
	put16(ip + 4, packet->len - IP6);
	ip[7] = one_in(20) ? chance(3) : 64;
	/* 2001:db8:10::1 and 2001:db8:20::1 */
	memcpy(ip + 8, "\x20\x01\x0d\xb8\x00\x20", 6);
	memcpy(ip + 24, "\x20\x01\x0d\xb8\x00\x10", 6);
	ip[8 + 5] = outbound ? 0x10 : 0x20;
	ip[24 + 5] = outbound ? 0x20 : 0x10;
	ip[8 + 15] = 1;
	ip[24 + 15] = 1;
}

/* Returns its family as ESP has it */
static uint8_t put_inner(struct packet *packet, bool outbound)
{
	bool ip6 = one_in(2);

	begin(packet);
	(ip6 ? put_inner6 : put_inner4)(packet, outbound);
	if (one_in(3))
		damage(packet);
	if (one_in(24))
		packet->len = chance(packet->len + 1);
	return ip6 ? 41 : 4;
}

/* ESP */

static void put_trailer(struct packet *packet, uint8_t next)
{
	unsigned int padding, i;

	if (one_in(8))
		append_noise(packet, chance(300));
	padding = -(packet->len + 2) & 3;
	if (one_in(8))
		padding += chance(60) * 4;
	for (i = 1; i <= padding; i++)
		*append(packet, 1) = i;
	if (one_in(24) && padding)
		bytes(packet)[packet->len - 1 - chance(padding)] ^= 1 << chance(8);
	*append(packet, 1) = one_in(24) ? chance(256) : padding;
	*append(packet, 1) = one_in(24) ? chance(256) : one_in(24) ? 59 : next;
}

static void must(int ok)
{
	if (ok != 1)
		die("OpenSSL failed");
}

static void seal_gcm(struct packet *packet, unsigned int plain)
{
	static EVP_CIPHER_CTX *context;
	uint8_t nonce[SALT + IV], *esp = bytes(packet), *sealed = esp + ESP + IV;
	int length;

	if (!context)
		context = EVP_CIPHER_CTX_new();
	memcpy(nonce, key + key_size - SALT, SALT);
	memcpy(nonce + SALT, esp + ESP, IV);
	must(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce));
	must(EVP_EncryptUpdate(context, NULL, &length, esp, ESP));
	must(EVP_EncryptUpdate(context, sealed, &length, sealed, plain));
	must(EVP_EncryptFinal_ex(context, sealed + length, &length));
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, ICV, append(packet, ICV)));
}

static void seal_hmac(struct packet *packet)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int size;

	if (!HMAC(EVP_sha256(), integrity_key, integrity_key_size, bytes(packet), packet->len,
		  digest, &size))
		die("OpenSSL failed");
	memcpy(append(packet, ICV), digest, ICV);
}

static uint32_t next_sequence(void)
{
	switch (chance(16)) {
	case 0:
		return sequence - chance(100);
	case 1:
		sequence += chance(200);
		break;
	}
	return ++sequence;
}

static void put_esp(struct packet *packet, unsigned int sa)
{
	unsigned int plain, iv = sa & GCM ? IV : 0, i;
	uint8_t *esp;

	put_trailer(packet, put_inner(packet, false));
	plain = packet->len;
	esp = prepend(packet, ESP + iv);
	put32(esp, one_in(40) ? chance(0x3000) : first_spi + sa);
	put32(esp + 4, next_sequence());
	for (i = 0; i < iv; i++)
		esp[ESP + i] = chance(256);
	if (sa & GCM)
		seal_gcm(packet, plain);
	else
		seal_hmac(packet);
	if (one_in(6))
		damage(packet);
	if (one_in(20))
		packet->len = chance(packet->len + 1);
	if (one_in(20))
		append_noise(packet, chance(40));
}

/* Outer headers */

static void put_outer(struct packet *packet, bool ip6, uint8_t protocol)
{
	unsigned int len = packet->len;
	uint8_t *ip = prepend(packet, ip6 ? IP6 : IP4);

	if (ip6) {
		ip[0] = 0x60 | chance(16);
		ip[1] = chance(256);
		put16(ip + 4, len);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, here6, sizeof(here6));
		memcpy(ip + 24, there6, sizeof(there6));
		return;
	}
	ip[0] = 0x45;
	ip[1] = chance(256);
	put16(ip + 2, packet->len);
	put16(ip + 4, chance(65536));
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, here4, sizeof(here4));
	memcpy(ip + 16, there4, sizeof(there4));
	put16(ip + 10, fold(sum(0, ip, IP4)));
}

/* Over the pseudo-header, too */
static uint16_t checksum6(struct packet *packet, uint8_t protocol)
{
	uint32_t total = sum(sum(0, here6, 16), there6, 16) + packet->len + protocol;
	uint16_t result = fold(sum(total, bytes(packet), packet->len));

	return result ? result : 0xffff;
}

static void put_udp(struct packet *packet, bool ip6)
{
	uint8_t *udp = prepend(packet, UDP);

	put16(udp, NATT_PORT + (one_in(16) ? chance(3) : 0));
	put16(udp + 2, NATT_PORT);
	put16(udp + 4, one_in(40) ? chance(2000) : packet->len);
	if (ip6 && !one_in(20))
		put16(udp + 6, checksum6(packet, IPPROTO_UDP));
}

/* What is no ESP, and comes on its port: keepalives, IKE, nothing */
static void put_not_esp(struct packet *packet)
{
	begin(packet);
	switch (chance(4)) {
	case 0:
		*append(packet, 1) = 0xff;
		return;
	case 1:
		append(packet, 4);
		append_noise(packet, chance(200));
		return;
	default:
		append_noise(packet, chance(12));
	}
}

/* The packet that an ICMP error is about: the beginning of one that the other end has sent */
static void put_quote(struct packet *packet, bool ip6, unsigned int sa)
{
	uint8_t *ip, *esp;

	begin(packet);
	esp = append(packet, ESP);
	put32(esp, one_in(8) ? chance(0x3000) : first_spi_out + sa);
	append_noise(packet, chance(64));
	if (sa & IN_UDP)
		put_udp(packet, ip6);
	put_outer(packet, ip6, sa & IN_UDP ? IPPROTO_UDP : IPPROTO_ESP);
	ip = bytes(packet);
	memcpy(ip + (ip6 ? 8 : 12), ip6 ? there6 : there4, ip6 ? 16 : 4);
	memcpy(ip + (ip6 ? 24 : 16), ip6 ? here6 : here4, ip6 ? 16 : 4);
	if (!ip6) {
		put16(ip + 10, 0);
		put16(ip + 10, fold(sum(0, ip, IP4)));
	}
	if (one_in(4))
		damage(packet);
	if (one_in(8))
		packet->len = chance(packet->len + 1);
}

static void put_icmp_error(struct packet *packet, unsigned int sa)
{
	static const uint16_t mtus[] = { 0, 1, 67, 68, 575, 576, 1279, 1280, 1400, 1499, 65535 };
	bool ip6 = sa & OVER_IP6;
	uint8_t *icmp;

	put_quote(packet, ip6, sa);
	icmp = prepend(packet, 8);
	icmp[0] = ip6 ? 2 : 3;
	icmp[1] = ip6 ? 0 : 4;
	if (one_in(3)) {
		icmp[0] = 1 + chance(12);
		icmp[1] = chance(16);
	}
	put16(icmp + 6, one_in(4) ? chance(65536) : mtus[chance(sizeof(mtus) / sizeof(*mtus))]);
	if (!one_in(20))
		put16(icmp + 2, ip6 ? checksum6(packet, IPPROTO_ICMPV6) :
				      fold(sum(0, icmp, packet->len)));
	put_outer(packet, ip6, ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* Sending */

static void transmit(const uint8_t *link, unsigned int link_len, const uint8_t *data,
		     unsigned int len, struct virtio_net_hdr *header)
{
	struct iovec pieces[] = {
		{ header, sizeof(*header) }, { (void *)link, link_len }, { (void *)data, len },
	};
	struct msghdr message = {
		.msg_name	= &target,
		.msg_namelen	= sizeof(target),
		.msg_iov	= pieces,
		.msg_iovlen	= 3,
	};

	if (sendmsg(fd, &message, 0) >= 0) {
		sent++;
		return;
	}
	/* a device on its way out, a packet that it is too large for, a header that is wrong */
	if (errno != ENXIO && errno != ENETDOWN && errno != EMSGSIZE && errno != EINVAL &&
	    errno != ENOBUFS && errno != ENODEV && errno != ENOMEM)
		die_errno("send");
	refused++;
}

static void send_frame(const uint8_t *data, unsigned int len, bool ip6)
{
	/* the first piece; the rest goes into pages if it is large */
	struct virtio_net_hdr header = { .hdr_len = one_in(2) ? ETH_HLEN + IP6 : 0 };

	if (header.hdr_len > len)
		header.hdr_len = 0;
	put16(ethernet + 12, ip6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	transmit(ethernet, sizeof(ethernet), data, len, &header);
}

/* In pieces, in any order; at times one is missing or comes twice */
static void send_fragments(struct packet *packet, bool ip6)
{
	const unsigned int header = ip6 ? IP6 : IP4, extra = ip6 ? 8 : 0;
	unsigned int total = packet->len - header, at = 0, n, id = chance(65536);
	static uint8_t piece[MAX_PACKET + ROOM];

	while (at < total) {
		n = (1 + chance(total / 16 + 1)) * 8;
		if (at + n > total)
			n = total - at;
		memcpy(piece, bytes(packet), header);
		memcpy(piece + header + extra, bytes(packet) + header + at, n);
		if (ip6) {
			put16(piece + 4, extra + n);
			piece[6] = 44;
			piece[IP6] = bytes(packet)[6];
			piece[IP6 + 1] = 0;
			put16(piece + IP6 + 2, at | (at + n < total));
			put32(piece + IP6 + 4, id);
		} else {
			put16(piece + 2, header + n);
			put16(piece + 6, at / 8 | (at + n < total ? 0x2000 : 0));
			put16(piece + 10, 0);
			put16(piece + 10, fold(sum(0, piece, IP4)));
		}
		if (!one_in(40))
			send_frame(piece, header + extra + n, ip6);
		if (one_in(40))
			send_frame(piece, header + extra + n, ip6);
		at += n;
	}
}

static void send_in(void)
{
	unsigned int sa = chance(NR_SAS);
	static struct packet packet;
	bool ip6 = sa & OVER_IP6;

	if (one_in(8)) {
		put_icmp_error(&packet, sa);
		send_frame(bytes(&packet), packet.len, ip6);
		return;
	}
	if (sa & IN_UDP && one_in(16))
		put_not_esp(&packet);
	else
		put_esp(&packet, sa);
	if (sa & IN_UDP)
		put_udp(&packet, ip6);
	put_outer(&packet, ip6, sa & IN_UDP ? IPPROTO_UDP : IPPROTO_ESP);
	if (one_in(30))
		damage(&packet);
	if (one_in(8))
		send_fragments(&packet, ip6);
	else
		send_frame(bytes(&packet), packet.len, ip6);
}

static void send_out(void)
{
	static const uint8_t types[] = {
		VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP, 5,
	};
	struct virtio_net_hdr header = {};
	static struct packet packet;
	bool ip6 = put_inner(&packet, true) == 41;
	unsigned int ip = ip6 ? IP6 : IP4;

	if (one_in(3)) {
		header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header.csum_start = one_in(8) ? chance(packet.len + 100) : ip;
		header.csum_offset = one_in(8) ? chance(packet.len + 100) : one_in(2) ? 16 : 6;
	}
	if (one_in(4)) {
		header.gso_type = types[one_in(2) ? ip6 : chance(4)] | (one_in(8) ? 0x80 : 0);
		header.gso_size = one_in(8) ? chance(65536) : 1 + chance(1400);
		header.hdr_len = one_in(4) ? chance(packet.len + 20) : ip + 20;
	}
	target.sll_protocol = htons(one_in(40) ? chance(65536) : ip6 ? ETH_P_IPV6 : ETH_P_IP);
	transmit(NULL, 0, bytes(&packet), packet.len, &header);
}

static void open_device(const char *name)
{
	int on = 1;

	target.sll_ifindex = if_nametoindex(name);
	if (!target.sll_ifindex)
		die_errno("device %s", name);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		die_errno("socket");
}

static void repeat(void (*send_one)(void), const char *seed, const char *count)
{
	uint64_t n = parse_number("count", count, 1, UINT32_MAX);

	/* never 0, which the generator would stay at */
	state = (parse_number("seed", seed, 0, UINT32_MAX) << 1 | 1) * 0x9e3779b97f4a7c15ULL;
	while (n--)
		send_one();
}

static void flood_in(char **argv)
{
	open_device(argv[2]);
	if (sscanf(argv[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", ethernet, ethernet + 1, ethernet + 2,
		   ethernet + 3, ethernet + 4, ethernet + 5) != 6)
		die("\"%s\" is no hardware address", argv[3]);
	ethernet[6] = 2;
	key_size = read_key(argv[4], key, sizeof(key));
	integrity_key_size = read_key(argv[5], integrity_key, sizeof(integrity_key));
	if (key_size != 32 + SALT || integrity_key_size != 32)
		die("keys are of 36 and 32 bytes");
	sequence = parse_number("first", argv[8], 0, UINT32_MAX);
	repeat(send_in, argv[6], argv[7]);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(integrity_key, sizeof(integrity_key));
}

static void flood_out(char **argv)
{
	open_device(argv[2]);
	repeat(send_out, argv[3], argv[4]);
}

static void listen_on(int family, const void *address, socklen_t size)
{
	int type = UDP_ENCAP_ESPINUDP, on = 1;
	int udp = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (udp < 0 || (family == AF_INET6 &&
			setsockopt(udp, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))))
		die_errno("socket");
	if (bind(udp, address, size) ||
	    setsockopt(udp, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type)))
		die_errno("port %d", NATT_PORT);
}

/* What gets as far as the sockets stays there, until they are full */
static void listen_both(void)
{
	const struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(NATT_PORT) };
	const struct sockaddr_in6 any6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(NATT_PORT),
	};

	stop_on_signal();
	listen_on(AF_INET, &any4, sizeof(any4));
	listen_on(AF_INET6, &any6, sizeof(any6));
	say_ready();
	while (!stopped)
		pause();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "listen")) {
		listen_both();
		return 0;
	}
	if (argc == 9 && !strcmp(argv[1], "in"))
		flood_in(argv);
	else if (argc == 5 && !strcmp(argv[1], "out"))
		flood_out(argv);
	else
		die("usage: in DEVICE MAC KEY-FILE INTEGRITY-KEY-FILE SEED COUNT FIRST | out DEVICE SEED COUNT | listen");
	printf("sent=%u refused=%u sequence=%u\n", sent, refused, sequence);
	return 0;
}
