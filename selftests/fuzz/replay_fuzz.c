// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer: the replay window and the high half of the sequence number, against
 * the model of the unit tests.
 *
 * The input is a window size (2 bytes), a start (8 bytes) and then steps of 3
 * bytes: how to make the next number from the top, and with which distance.
 */
#include <string.h>

#include "fuzz.h"
#include "replay_model.h"

enum { MAX_WINDOW = 8192, HEADER = 10, STEP = 3 };

static u64 next_number(u64 top, u32 window, const uint8_t *step)
{
	u64 distance = step[1] << 8 | step[2];

	switch (step[0] & 3) {
	case 0:
		return top + distance;
	case 1:
		return top - distance;
	case 2:
		return top - window + (distance & 7) - 4;
	default:
		return top + (distance << (step[0] >> 2));
	}
}

unsigned long jiffies;

static void compare(struct azvpn_replay *replay, struct replay_model *model, u64 sequence)
{
	require(azvpn_replay_infer(replay, sequence) ==
		replay_model_infer(model->top, model->window, sequence));
	require(azvpn_replay_check(replay, sequence) == replay_model_check(model, sequence));
	require(azvpn_replay_mark(replay, sequence) == replay_model_mark(model, sequence));
	/* without a window the model's list still says which one is the highest */
	require(replay->top == model->top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct replay_model model;
	struct azvpn_replay *replay;
	u64 start;
	u32 window;
	size_t i;

	if (size < HEADER || size / STEP >= REPLAY_MODEL_MAX)
		return 0;
	window = (data[0] << 8 | data[1]) % (MAX_WINDOW + 1);
	memcpy(&start, data + 2, sizeof(start));
	/* the high half wraps only after 2^64 packets, which no SA lives to see */
	start &= UINT64_MAX >> 1;

	replay = malloc(sizeof(*replay) + azvpn_replay_words(window) * sizeof(replay->bits[0]));
	if (!replay)
		return 0;
	azvpn_replay_init(replay, window);
	replay_model_init(&model, window);
	compare(replay, &model, start);
	for (i = HEADER; i + STEP <= size; i += STEP)
		compare(replay, &model, next_number(model.top, window, data + i));
	free(replay);
	return 0;
}
