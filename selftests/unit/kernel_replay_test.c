// SPDX-License-Identifier: GPL-2.0
/* The replay window and the inference of the high half of the sequence number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "replay_model.h"

static const u32 windows[] = { 0, 1, 2, 31, 32, 63, 64, 65, 127, 128, 1000, 1024, 4095, 4096,
				8191, 8192 };

/* Exactly as large as asked for, so that a step past the end is seen. */
static struct azvpn_replay *new_replay(u32 window)
{
	struct azvpn_replay *replay = malloc(sizeof(*replay) + azvpn_replay_words(window) *
					     sizeof(replay->bits[0]));

	assert_non_null(replay);
	azvpn_replay_init(replay, window);
	return replay;
}

struct step {
	u64 sequence;
	enum azvpn_replay_verdict verdict;
};

static void walk(u32 window, const struct step *steps, unsigned int nr)
{
	struct azvpn_replay *replay = new_replay(window);
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (azvpn_replay_check(replay, steps[i].sequence) != steps[i].verdict ||
		    azvpn_replay_mark(replay, steps[i].sequence) != steps[i].verdict)
			fail_msg("window %u, step %u, number %llu", window, i,
				 (unsigned long long)steps[i].sequence);
	}
	free(replay);
}

#define WALK(window, ...) do {								\
	const struct step steps[] = { __VA_ARGS__ };					\
	walk(window, steps, sizeof(steps) / sizeof(*steps));				\
} while (0)

#define NEW(n)		{ n, AZVPN_REPLAY_NEW }
#define SEEN(n)		{ n, AZVPN_REPLAY_SEEN }
#define STALE(n)	{ n, AZVPN_REPLAY_STALE }

static void test_in_order(void **state)
{
	(void)state;
	WALK(32, NEW(1), NEW(2), NEW(3), SEEN(1), SEEN(2), SEEN(3), NEW(4));
}

static void test_zero_is_never_sent(void **state)
{
	(void)state;
	WALK(64, STALE(0), NEW(1), STALE(0));
}

static void test_edges_of_the_window(void **state)
{
	(void)state;
	WALK(32, NEW(32), NEW(1), SEEN(1), NEW(33), STALE(1), NEW(2), SEEN(2));
	WALK(64, NEW(64), NEW(1), NEW(65), STALE(1), NEW(2));
	WALK(65, NEW(100), NEW(36), STALE(35), SEEN(36));
	WALK(4096, NEW(5000), NEW(905), STALE(904), SEEN(905), NEW(5001), STALE(905), NEW(906));
	WALK(1, NEW(5), SEEN(5), STALE(4), NEW(6), STALE(5));
}

static void test_jump_clears_what_it_passes(void **state)
{
	(void)state;
	/* 64 and 128 share a bit of the ring with 64 + 128 n */
	WALK(64, NEW(64), NEW(128), NEW(192), NEW(256), SEEN(256), NEW(255), NEW(193));
	/* a jump over the whole ring, and over many times of it */
	WALK(64, NEW(10), NEW(10 + 129), NEW(10 + 128), SEEN(10 + 129));
	WALK(1024, NEW(7), NEW(7000000), NEW(6999999), NEW(7000000 - 1023), STALE(7000000 - 1024));
}

static void test_far_end_of_the_numbers(void **state)
{
	(void)state;
	WALK(64, NEW(1), NEW(0xffffffffULL), NEW(0x100000000ULL), SEEN(0xffffffffULL),
	     NEW(0xfffffffeULL), NEW(0x100000001ULL));
	WALK(64, NEW(UINT64_MAX - 1), NEW(UINT64_MAX), SEEN(UINT64_MAX), SEEN(UINT64_MAX - 1),
	     NEW(UINT64_MAX - 63), STALE(UINT64_MAX - 64));
}

static void test_no_window_accepts_all(void **state)
{
	struct azvpn_replay *replay = new_replay(0);

	(void)state;
	WALK(0, NEW(1), NEW(1), NEW(0), NEW(1000000), NEW(1), NEW(1000000));
	azvpn_replay_mark(replay, 9);
	azvpn_replay_mark(replay, 5);
	/* the top is what the high half is inferred from */
	assert_int_equal(replay->top, 9);
	free(replay);
}

static void test_check_changes_nothing(void **state)
{
	struct azvpn_replay *replay = new_replay(64);

	(void)state;
	azvpn_replay_mark(replay, 10);
	assert_int_equal(azvpn_replay_check(replay, 11), AZVPN_REPLAY_NEW);
	assert_int_equal(azvpn_replay_check(replay, 1000000), AZVPN_REPLAY_NEW);
	assert_int_equal(azvpn_replay_check(replay, 11), AZVPN_REPLAY_NEW);
	assert_int_equal(replay->top, 10);
	assert_int_equal(azvpn_replay_mark(replay, 9), AZVPN_REPLAY_NEW);
	free(replay);
}

static void test_ring_is_large_enough(void **state)
{
	u32 window, words;

	(void)state;
	for (window = 0; window <= 8192; window++) {
		words = azvpn_replay_words(window);
		assert_int_equal(words & (words - 1), 0);
		/* a window that starts at the last bit of a word */
		assert_true(words * 64 >= window + 63);
	}
}

/* Small steps, repeats, holes and far jumps; deterministic. */
static u64 next_number(u64 top, u32 window, u32 *seed)
{
	u32 back;

	*seed = *seed * 1664525u + 1013904223u;
	back = (*seed >> 8) % (window + 2);
	switch (*seed >> 28) {
	case 0:
		return top + (*seed >> 8 & 0xfff);
	case 1:
		return top + window;
	case 2 ... 8:
		return top + 1;
	default:
		return top > back ? top - back : 1;
	}
}

static void test_against_model(void **state)
{
	struct replay_model *model = malloc(sizeof(*model));
	u32 seed = 1;
	unsigned int i, n;
	u64 sequence;

	(void)state;
	assert_non_null(model);
	for (i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		struct azvpn_replay *replay = new_replay(windows[i]);

		replay_model_init(model, windows[i]);
		for (n = 0; n < REPLAY_MODEL_MAX; n++) {
			sequence = next_number(model->top, windows[i], &seed);
			assert_int_equal(azvpn_replay_check(replay, sequence),
					 replay_model_check(model, sequence));
			assert_int_equal(azvpn_replay_mark(replay, sequence),
					 replay_model_mark(model, sequence));
			assert_int_equal(replay->top, model->top);
		}
		free(replay);
	}
	free(model);
}

static void infer_around(struct azvpn_replay *replay, u64 top)
{
	const u32 offsets[] = { 0, 1, 2, 31, 32, 63, 64, 65, 4095, 4096, 4097, 0x7fffffff,
				0x80000000, 0x80000001, 0xffffffff - 4096 };
	unsigned int i;

	replay->top = top;
	for (i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
		u32 up = (u32)top + offsets[i], down = (u32)top - offsets[i];

		assert_int_equal(azvpn_replay_infer(replay, up),
				 replay_model_infer(top, replay->window, up));
		assert_int_equal(azvpn_replay_infer(replay, down),
				 replay_model_infer(top, replay->window, down));
	}
}

static void test_infer_against_model(void **state)
{
	const u64 tops[] = { 0, 1, 62, 63, 64, 4095, 4096, 0x7fffffff, 0xfffffffe, 0xffffffff,
			     0x100000000, 0x10000003e, 0x10000003f, 0x100000040, 0x100001000,
			     0x5ffffffff, 0x600000000, 0x600000001 };
	unsigned int i, n;

	(void)state;
	for (i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		struct azvpn_replay *replay = new_replay(windows[i]);

		for (n = 0; n < sizeof(tops) / sizeof(*tops); n++)
			infer_around(replay, tops[n]);
		free(replay);
	}
}

static void test_infer_across_a_wrap(void **state)
{
	struct azvpn_replay *replay = new_replay(64);

	(void)state;
	replay->top = 0xfffffff0;
	assert_int_equal(azvpn_replay_infer(replay, 0xffffffff), 0xffffffff);
	assert_int_equal(azvpn_replay_infer(replay, 5), 0x100000005);
	replay->top = 0x100000005;
	assert_int_equal(azvpn_replay_infer(replay, 0xfffffff0), 0xfffffff0);
	assert_int_equal(azvpn_replay_infer(replay, 6), 0x100000006);
	/* left of the window: taken for the next round, and refused by the integrity check */
	assert_int_equal(azvpn_replay_infer(replay, 0xffffff00), 0x1ffffff00);
	free(replay);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_zero_is_never_sent),
		cmocka_unit_test(test_edges_of_the_window),
		cmocka_unit_test(test_jump_clears_what_it_passes),
		cmocka_unit_test(test_far_end_of_the_numbers),
		cmocka_unit_test(test_no_window_accepts_all),
		cmocka_unit_test(test_check_changes_nothing),
		cmocka_unit_test(test_ring_is_large_enough),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_infer_against_model),
		cmocka_unit_test(test_infer_across_a_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
