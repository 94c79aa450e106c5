// SPDX-License-Identifier: GPL-2.0
/*
 * esp-craft [-e] KEY-FILE SRC DST SPI INNER-SRC INNER-DST KIND:SEQUENCE...
 *
 * Sends ESP packets (RFC 4303, AES-GCM as in RFC 4106) made with the right key:
 * what a peer could send that has gone wrong, or turned against us, and what
 * only happens after 2^32 packets. -e: 64-bit sequence numbers. A good packet
 * is one of UDP to port 9. Kinds:
 *
 *   good, tfc (data behind the inner packet), padded (255 bytes of padding)
 *   dummy (next header 59), ipv6 (next header 41)
 *   pad (more padding than packet), short (less than an inner header),
 *   version (not 4), ihl (less than 5), length (longer than what is there)
 */
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

enum {
	SALT_LENGTH = 4,
	IV_LENGTH = 8,
	ICV_LENGTH = 16,
	HEADER_LENGTH = 8,
	MAX_KEY = 36,
	MAX_PACKET = 1024,
	PAYLOAD = 32,
	TFC = 100,
	MAX_PADDING = 255,
	NEXT_IPV6 = 41,
	NEXT_NONE = 59,
};

/* What is to be encrypted */
struct plain {
	uint8_t bytes[MAX_PACKET];
	unsigned int length;
	unsigned int padding;
	uint8_t claimed_padding;
	uint8_t next;
};

static uint8_t key[MAX_KEY];
static size_t key_size;
static uint32_t spi;
static bool esn;
static struct in_addr inner_src, inner_dst;

static void put_inner(struct plain *plain)
{
	struct iphdr *ip = (struct iphdr *)plain->bytes;
	struct udphdr *udp = (struct udphdr *)(ip + 1);
	uint32_t sum = 0;
	unsigned int i;

	plain->length = sizeof(*ip) + sizeof(*udp) + PAYLOAD;
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->tot_len = htons(plain->length);
	ip->saddr = inner_src.s_addr;
	ip->daddr = inner_dst.s_addr;
	for (i = 0; i < sizeof(*ip); i += 2)
		sum += plain->bytes[i] << 8 | plain->bytes[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = htons(~(sum + (sum >> 16)));
	udp->source = htons(1009);
	udp->dest = htons(9);
	udp->len = htons(sizeof(*udp) + PAYLOAD);
}

static void align(struct plain *plain)
{
	plain->padding = -(plain->length + 2) & 3;
	plain->claimed_padding = plain->padding;
}

static void make(struct plain *plain, const char *kind)
{
	struct iphdr *ip = (struct iphdr *)plain->bytes;

	memset(plain, 0, sizeof(*plain));
	plain->next = IPPROTO_IPIP;
	put_inner(plain);
	if (!strcmp(kind, "tfc"))
		plain->length += TFC;
	else if (!strcmp(kind, "dummy"))
		plain->next = NEXT_NONE;
	else if (!strcmp(kind, "ipv6"))
		plain->next = NEXT_IPV6;
	else if (!strcmp(kind, "short"))
		plain->length = sizeof(*ip) - 2;
	else if (!strcmp(kind, "version"))
		ip->version = 6;
	else if (!strcmp(kind, "ihl"))
		ip->ihl = 4;
	else if (!strcmp(kind, "length"))
		ip->tot_len = htons(plain->length + 1);
	else if (strcmp(kind, "good") && strcmp(kind, "padded") && strcmp(kind, "pad"))
		die("\"%s\" is no kind of packet", kind);

	align(plain);
	if (!strcmp(kind, "pad"))
		plain->claimed_padding = plain->length + plain->padding + 1;
	while (!strcmp(kind, "padded") && plain->padding + 4 <= MAX_PADDING) {
		plain->padding += 4;
		plain->claimed_padding += 4;
	}
}

static void put_trailer(struct plain *plain)
{
	unsigned int i;

	for (i = 1; i <= plain->padding; i++)
		plain->bytes[plain->length++] = i;
	plain->bytes[plain->length++] = plain->claimed_padding;
	plain->bytes[plain->length++] = plain->next;
}

static void must(int ok)
{
	if (ok != 1)
		die("OpenSSL failed");
}

/* Fills @packet, from the SPI to the ICV; returns its length. */
static unsigned int seal(const struct plain *plain, uint64_t sequence, uint8_t *packet)
{
	const EVP_CIPHER *ciphers[] = {
		EVP_aes_128_gcm(), EVP_aes_192_gcm(), EVP_aes_256_gcm(),
	};
	const uint32_t high = htonl(sequence >> 32), low = htonl(sequence);
	uint8_t nonce[SALT_LENGTH + IV_LENGTH], *iv = packet + HEADER_LENGTH;
	uint8_t *sealed = iv + IV_LENGTH;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int length;

	memcpy(packet, &spi, sizeof(spi));
	memcpy(packet + sizeof(spi), &low, sizeof(low));
	must(RAND_bytes(iv, IV_LENGTH));
	memcpy(nonce, key + key_size - SALT_LENGTH, SALT_LENGTH);
	memcpy(nonce + SALT_LENGTH, iv, IV_LENGTH);

	must(EVP_EncryptInit_ex(context, ciphers[(key_size - SALT_LENGTH - 16) / 8], NULL, key,
				nonce));
	must(EVP_EncryptUpdate(context, NULL, &length, packet, sizeof(spi)));
	if (esn)
		must(EVP_EncryptUpdate(context, NULL, &length, (const uint8_t *)&high,
				       sizeof(high)));
	must(EVP_EncryptUpdate(context, NULL, &length, (const uint8_t *)&low, sizeof(low)));
	must(EVP_EncryptUpdate(context, sealed, &length, plain->bytes, plain->length));
	must(EVP_EncryptFinal_ex(context, sealed + length, &length));
	must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, ICV_LENGTH,
				 sealed + plain->length));
	EVP_CIPHER_CTX_free(context);
	return HEADER_LENGTH + IV_LENGTH + plain->length + ICV_LENGTH;
}

static int open_raw(const char *src, const char *dst)
{
	struct sockaddr_in from = parse_address(src, "1"), to = parse_address(dst, "1");
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);

	if (fd < 0)
		die_errno("socket");
	from.sin_port = 0;
	to.sin_port = 0;
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die_errno("from %s to %s", src, dst);
	return fd;
}

static void send_one(int fd, char *word)
{
	uint8_t packet[MAX_PACKET + HEADER_LENGTH + IV_LENGTH + ICV_LENGTH];
	char *colon = strchr(word, ':');
	struct plain plain;
	unsigned int length;

	if (!colon)
		die("\"%s\" is not KIND:SEQUENCE", word);
	*colon = '\0';
	make(&plain, word);
	put_trailer(&plain);
	length = seal(&plain, parse_number("sequence", colon + 1, 0, UINT64_MAX), packet);
	if (send(fd, packet, length, 0) != (ssize_t)length)
		die_errno("send");
}

int main(int argc, char **argv)
{
	int fd, i;

	if (argc > 1 && !strcmp(argv[1], "-e")) {
		esn = true;
		argc--;
		argv++;
	}
	if (argc < 8)
		die("usage: [-e] KEY-FILE SRC DST SPI INNER-SRC INNER-DST KIND:SEQUENCE...");
	key_size = read_key(argv[1], key, sizeof(key));
	if (key_size != 20 && key_size != 28 && key_size != 36)
		die("%s: %zu bytes are no key and salt", argv[1], key_size);
	fd = open_raw(argv[2], argv[3]);
	spi = htonl(parse_number("SPI", argv[4], 0, UINT32_MAX));
	inner_src = parse_address(argv[5], "1").sin_addr;
	inner_dst = parse_address(argv[6], "1").sin_addr;
	for (i = 7; i < argc; i++)
		send_one(fd, argv[i]);
	printf("sent=%d\n", argc - 7);
	explicit_bzero(key, sizeof(key));
	return 0;
}
