// SPDX-License-Identifier: GPL-2.0
/*
 * Takes ESP packets off a device and puts them back, changed.
 *
 *   esp-inject tap DEVICE
 *	Looks at every frame until SIGTERM (which also makes the kernel clone
 *	each one), and counts "frames", "esp", "inner" (IP, not ESP) and "open":
 *	ESP with a readable inner packet, which is what a receiver leaves behind
 *	that decrypts bytes it shares with others.
 *   esp-inject capture DEVICE COUNT FILE
 *	Keeps the next COUNT ESP frames that leave by the device.
 *   esp-inject send DEVICE FILE [FIRST COUNT]
 *   esp-inject reverse DEVICE FILE [FIRST COUNT]
 *	Sends them again, in their order or the last one first.
 *   esp-inject truncate DEVICE FILE FRAME
 *	Sends the frame cut to every shorter length. Counts what the receiver
 *	must make of them: "headless" (never gets to ESP), "malformed", "icv".
 *   esp-inject flip DEVICE FILE FRAME spi|seq|iv|data|icv
 *	Sends the frame once for each byte of the region, one bit of it flipped.
 *   esp-inject spi DEVICE FILE FRAME SPI
 *	Sends the frame under another SPI.
 *
 * ESP is protocol 50 or UDP port 4500. Frames are counted from 0. The file is
 * private to this program. The result is one line of NAME=VALUE words.
 */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAX_FRAME = 2048,
	MAX_FRAMES = 8192,
	NATT_PORT = 4500,
	SPI_LENGTH = 4,
	SEQ_LENGTH = 4,
	IV_LENGTH = 8,
	ICV_LENGTH = 16,
	ESP_ALIGNMENT = 4,
	/* pad length and next header, filled up to the alignment */
	MIN_CIPHERTEXT = 4,
};

struct frame {
	uint32_t length;
	uint8_t bytes[MAX_FRAME];
};

static struct frame *frames;
static unsigned int nr_frames;
static int device;

static int open_device(const char *name)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct timeval poll_signals = { .tv_usec = 100000 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int big = 16 << 20;

	if (fd < 0)
		die_errno("socket");
	address.sll_ifindex = if_nametoindex(name);
	if (!address.sll_ifindex)
		die_errno("device %s", name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die_errno("bind to %s", name);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &poll_signals, sizeof(poll_signals));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	return fd;
}

static struct iphdr *ip_header(uint8_t *bytes)
{
	return (struct iphdr *)(bytes + ETH_HLEN);
}

/* Offset of the SPI in a frame, 0 if it is not ESP. */
static unsigned int esp_offset(uint8_t *bytes, unsigned int length)
{
	const struct iphdr *ip = ip_header(bytes);
	const struct udphdr *udp;
	unsigned int offset;

	if (length < ETH_HLEN + sizeof(*ip) ||
	    ((struct ether_header *)bytes)->ether_type != htons(ETH_P_IP))
		return 0;
	offset = ETH_HLEN + ip->ihl * 4;
	if (ip->protocol == IPPROTO_ESP)
		return offset;
	udp = (const struct udphdr *)(bytes + offset);
	if (ip->protocol != IPPROTO_UDP || length < offset + sizeof(*udp) + SPI_LENGTH ||
	    (ntohs(udp->dest) != NATT_PORT && ntohs(udp->source) != NATT_PORT))
		return 0;
	offset += sizeof(*udp);
	/* four zero bytes mark a packet of the key exchange (RFC 3948) */
	return memcmp(bytes + offset, "\0\0\0", SPI_LENGTH) ? offset : 0;
}

/* Is there an IPv4 header where the ciphertext should be, of a length that leaves the trailer? */
static bool is_open(const uint8_t *bytes, size_t length, size_t offset)
{
	const size_t trailer = 2 + ICV_LENGTH;
	struct iphdr inner;
	size_t used;

	offset += SPI_LENGTH + SEQ_LENGTH + IV_LENGTH;
	if (length < offset + sizeof(inner) + trailer)
		return false;
	memcpy(&inner, bytes + offset, sizeof(inner));
	used = ntohs(inner.tot_len) + trailer;
	return inner.version == 4 && inner.ihl == 5 && used <= length - offset &&
	       used + ESP_ALIGNMENT > length - offset;
}

static void tap(void)
{
	unsigned long total = 0, esp = 0, inner = 0, open = 0;
	uint8_t bytes[65536];
	ssize_t length;
	size_t offset;

	say_ready();
	while (!stopped) {
		length = recv(device, bytes, sizeof(bytes), 0);
		if (length < 0)
			continue;
		total++;
		offset = esp_offset(bytes, length);
		esp += offset != 0;
		open += offset && is_open(bytes, length, offset);
		if (!offset && ((struct ether_header *)bytes)->ether_type == htons(ETH_P_IP))
			inner++;
	}
	printf("frames=%lu esp=%lu inner=%lu open=%lu\n", total, esp, inner, open);
}

static bool is_outgoing(const struct sockaddr_ll *from)
{
	return from->sll_pkttype == PACKET_OUTGOING;
}

static void capture(unsigned int count, const char *path)
{
	struct sockaddr_ll from;
	socklen_t from_length;
	ssize_t length;
	FILE *file;

	say_ready();
	while (nr_frames < count && !stopped) {
		struct frame *frame = &frames[nr_frames];

		from_length = sizeof(from);
		length = recvfrom(device, frame->bytes, MAX_FRAME, 0, (struct sockaddr *)&from,
				  &from_length);
		if (length < 0 || !is_outgoing(&from) || !esp_offset(frame->bytes, length))
			continue;
		frame->length = length;
		nr_frames++;
	}
	file = fopen(path, "w");
	if (!file || fwrite(frames, sizeof(*frames), nr_frames, file) != nr_frames || fclose(file))
		die_errno("%s", path);
	printf("captured=%u\n", nr_frames);
}

static void load(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file)
		die_errno("%s", path);
	nr_frames = fread(frames, sizeof(*frames), MAX_FRAMES, file);
	fclose(file);
}

static struct frame *frame_at(unsigned int index)
{
	if (index >= nr_frames)
		die("there is no frame %u, the file has %u", index, nr_frames);
	return &frames[index];
}

static void put(const struct frame *frame)
{
	/* EAGAIN: the queue of the device is full for the moment */
	while (send(device, frame->bytes, frame->length, 0) < 0)
		if (errno != EAGAIN && errno != ENOBUFS)
			die_errno("send");
}

static uint16_t checksum(const void *data, unsigned int length)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < length; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* Makes the outer headers fit a frame whose length has changed. */
static void fix_headers(struct frame *frame, unsigned int esp)
{
	struct iphdr *ip = ip_header(frame->bytes);
	struct udphdr *udp;

	ip->tot_len = htons(frame->length - ETH_HLEN);
	ip->check = 0;
	ip->check = checksum(ip, ip->ihl * 4);
	if (ip->protocol != IPPROTO_UDP)
		return;
	udp = (struct udphdr *)(frame->bytes + esp - sizeof(*udp));
	udp->len = htons(frame->length - esp + sizeof(*udp));
	udp->check = 0;
}

static void truncate_frame(const struct frame *whole)
{
	struct frame frame = *whole;
	unsigned int esp = esp_offset(frame.bytes, frame.length), length;
	unsigned int headless = 0, malformed = 0, icv = 0;
	/* UDP passes on no less than the IPv4 header that it moves down */
	const unsigned int header = ip_header(frame.bytes)->protocol == IPPROTO_UDP ?
				    sizeof(struct iphdr) : SPI_LENGTH + SEQ_LENGTH;
	const unsigned int least = SPI_LENGTH + SEQ_LENGTH + IV_LENGTH + MIN_CIPHERTEXT +
				   ICV_LENGTH;

	for (length = 0; length < whole->length - esp; length++) {
		frame.length = esp + length;
		fix_headers(&frame, esp);
		put(&frame);
		if (length < header)
			headless++;
		else if (length < least || length % ESP_ALIGNMENT)
			malformed++;
		else
			icv++;
	}
	printf("headless=%u malformed=%u icv=%u\n", headless, malformed, icv);
}

static void flip(const struct frame *whole, const char *region)
{
	struct frame frame = *whole;
	unsigned int esp = esp_offset(frame.bytes, frame.length), end = frame.length, i;
	const struct {
		const char *name;
		unsigned int from, to;
	} regions[] = {
		{ "spi", esp, esp + 4 },
		{ "seq", esp + 4, esp + 8 },
		{ "iv", esp + 8, esp + 16 },
		{ "data", esp + 16, end - ICV_LENGTH },
		{ "icv", end - ICV_LENGTH, end },
	}, *chosen = NULL;

	for (i = 0; i < sizeof(regions) / sizeof(*regions); i++)
		if (!strcmp(region, regions[i].name))
			chosen = &regions[i];
	if (!chosen)
		die("\"%s\" is none of spi, seq, iv, data, icv", region);
	for (i = chosen->from; i < chosen->to; i++) {
		/* a different bit each time, so that each one has its turn */
		frame.bytes[i] ^= 1 << i % 8;
		put(&frame);
		frame.bytes[i] = whole->bytes[i];
	}
	printf("sent=%u\n", chosen->to - chosen->from);
}

static void send_as(const struct frame *whole, uint32_t spi)
{
	struct frame frame = *whole;

	spi = htonl(spi);
	memcpy(frame.bytes + esp_offset(frame.bytes, frame.length), &spi, sizeof(spi));
	put(&frame);
	puts("sent=1");
}

static void send_range(unsigned int first, unsigned int count, bool reverse)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		put(frame_at(first + (reverse ? count - 1 - i : i)));
	printf("sent=%u\n", count);
}

static unsigned int frame_number(const char *text)
{
	return parse_number("frame", text, 0, MAX_FRAMES - 1);
}

static void inject(const char *verb, int argc, char **argv)
{
	bool reverse = !strcmp(verb, "reverse");

	load(argv[0]);
	if (reverse || !strcmp(verb, "send"))
		send_range(argc == 3 ? frame_number(argv[1]) : 0,
			   argc == 3 ? parse_number("count", argv[2], 1, MAX_FRAMES) : nr_frames,
			   reverse);
	else if (!strcmp(verb, "truncate") && argc == 2)
		truncate_frame(frame_at(frame_number(argv[1])));
	else if (!strcmp(verb, "flip") && argc == 3)
		flip(frame_at(frame_number(argv[1])), argv[2]);
	else if (!strcmp(verb, "spi") && argc == 3)
		send_as(frame_at(frame_number(argv[1])),
			parse_number("SPI", argv[2], 0, UINT32_MAX));
	else
		die("\"%s\" with %d arguments is not known; see the head of the source", verb,
		    argc);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		die("usage: esp-inject tap|capture|send|reverse|truncate|flip|spi DEVICE ...");
	frames = calloc(MAX_FRAMES, sizeof(*frames));
	if (!frames)
		die_errno("calloc");
	device = open_device(argv[2]);
	stop_on_signal();
	if (!strcmp(argv[1], "tap"))
		tap();
	else if (!strcmp(argv[1], "capture") && argc == 5)
		capture(parse_number("count", argv[3], 1, MAX_FRAMES), argv[4]);
	else if (argc >= 4)
		inject(argv[1], argc - 3, argv + 3);
	else
		die("%s needs a file", argv[1]);
	return 0;
}
