/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The replay window as RFC 4303 words it, with no cleverness: every accepted
 * number is kept. The unit tests and the fuzzer compare kernel/replay.c to it.
 */
#ifndef REPLAY_MODEL_H
#define REPLAY_MODEL_H

#include "replay.h"

enum { REPLAY_MODEL_MAX = 4096 };

struct replay_model {
	u64 top;
	u32 window;
	u32 nr;
	u64 accepted[REPLAY_MODEL_MAX];
};

static inline void replay_model_init(struct replay_model *model, u32 window)
{
	model->top = 0;
	model->window = window;
	model->nr = 0;
}

static inline enum azvpn_replay_verdict replay_model_check(const struct replay_model *model,
							   u64 sequence)
{
	u32 i;

	if (!model->window)
		return AZVPN_REPLAY_NEW;
	if (sequence == 0)
		return AZVPN_REPLAY_STALE;
	if (sequence <= model->top && model->top - sequence >= model->window)
		return AZVPN_REPLAY_STALE;
	for (i = 0; i < model->nr; i++)
		if (model->accepted[i] == sequence)
			return AZVPN_REPLAY_SEEN;
	return AZVPN_REPLAY_NEW;
}

/* The caller offers at most REPLAY_MODEL_MAX numbers. */
static inline enum azvpn_replay_verdict replay_model_mark(struct replay_model *model, u64 sequence)
{
	enum azvpn_replay_verdict verdict = replay_model_check(model, sequence);

	if (verdict != AZVPN_REPLAY_NEW)
		return verdict;
	model->accepted[model->nr++] = sequence;
	if (sequence > model->top)
		model->top = sequence;
	return AZVPN_REPLAY_NEW;
}

/*
 * The lowest number that ends in the 32 bits @low and is not left of the
 * window; if there is none, the nearest to the top. Wraps at the end of the
 * 64-bit numbers, as the high half does.
 */
static inline u64 replay_model_infer(u64 top, u32 window, u32 low)
{
	u64 size = window ? window : 1ULL << 31;
	u64 bottom = top >= size - 1 ? top - (size - 1) : 0;
	u64 number = (bottom & ~0xffffffffULL) | low;

	return number < bottom ? number + (1ULL << 32) : number;
}

#endif
