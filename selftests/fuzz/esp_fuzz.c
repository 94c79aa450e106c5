// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer: the sizes of ESP packets and their padding, against counting by ones.
 *
 * The input is a geometry (3 bytes), the bytes before the ESP header (1), an
 * MTU (2), the length of an inner packet (2), then padding to inspect.
 */
#include "fuzz.h"

#include "esp.h"

unsigned long jiffies;

/* The length of the ESP packet, built up piece by piece */
static unsigned int model_len(const struct azvpn_geometry *geometry, unsigned int len,
			      unsigned int *padding)
{
	unsigned int sealed = len + 2;

	for (*padding = 0; sealed % geometry->align; (*padding)++)
		sealed++;
	return 4 + 4 + geometry->iv + sealed + geometry->icv;
}

/* From above downwards: the first that fits */
static unsigned int model_inner_mtu(const struct azvpn_geometry *geometry, unsigned int outer,
				    unsigned int mtu)
{
	unsigned int len, padding;

	for (len = mtu; len; len--)
		if (outer + model_len(geometry, len, &padding) <= mtu)
			break;
	return len;
}

static void check_padding_bytes(struct input *in)
{
	u8 bytes[AZVPN_ESP_PAD_MAX];
	unsigned int len = take_rest(in, bytes, sizeof(bytes)), i;
	u8 *exact = malloc(len);
	bool valid = true;

	for (i = 0; i < len; i++) {
		exact[i] = bytes[i];
		valid = valid && bytes[i] == i + 1;
	}
	require(azvpn_esp_padding_is_valid(exact, len) == valid);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u8 aligns[] = { 4, 8, 16 };
	struct input in = { data, size };
	struct azvpn_geometry geometry = {
		.iv	= take(&in) % (AZVPN_ESP_IV_MAX + 1),
		.icv	= take(&in) % (AZVPN_ESP_ICV_MAX + 1),
		.align	= aligns[take(&in) % 3],
	};
	unsigned int outer = take(&in), mtu = take16(&in), len = take16(&in), padding;

	require(azvpn_esp_len(&geometry, len) == model_len(&geometry, len, &padding));
	require(azvpn_esp_padding(&geometry, len) == padding);
	require(azvpn_esp_min(&geometry) == model_len(&geometry, 0, &padding));
	require(azvpn_esp_len(&geometry, len) - azvpn_esp_header(&geometry) - len <=
		AZVPN_TAILROOM);
	require(azvpn_esp_header(&geometry) + AZVPN_OUTER_IPV6 + AZVPN_OUTER_UDP <=
		AZVPN_HEADROOM);
	require(azvpn_esp_inner_mtu(&geometry, outer, mtu) ==
		model_inner_mtu(&geometry, outer, mtu));
	check_padding_bytes(&in);
	return 0;
}
