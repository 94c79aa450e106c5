// SPDX-License-Identifier: GPL-2.0
/*
 * The anti-replay window of an inbound SA.
 *
 * A number is checked twice: before decryption, without the lock, so that a
 * flood of replays costs no crypto; and again under the lock once the packet
 * is known to be authentic, which alone moves the window.
 */
#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "replay.h"

#define WORD_BITS 64

/*
 * Without a window there is still a high half of the sequence number to infer:
 * of the two that can be, the nearer to the highest number received
 */
#define INFER_WINDOW 0x80000000u

/**
 * azvpn_replay_words() - Size of the bit ring
 * @window: window size in packets
 *
 * Return: number of 64-bit words to allocate for &struct azvpn_replay.bits.
 */
u32 azvpn_replay_words(u32 window)
{
	return roundup_pow_of_two(DIV_ROUND_UP(window, WORD_BITS) + 1);
}

/**
 * azvpn_replay_init() - Start with an empty window
 * @replay: window with room for azvpn_replay_words(@window) words
 * @window: window size in packets, 0 for no replay protection
 */
void azvpn_replay_init(struct azvpn_replay *replay, u32 window)
{
	u32 words = azvpn_replay_words(window);

	replay->top = 0;
	replay->window = window;
	replay->mask = words - 1;
	memset(replay->bits, 0, words * sizeof(replay->bits[0]));
}

/**
 * azvpn_replay_infer() - The 64-bit sequence number of a packet that carries 32 bits of it
 * @replay: window of the SA; may change meanwhile, see below
 * @low: the 32 bits in the packet, in host byte order
 *
 * RFC 4303 appendix A2.1: the high half is chosen so that the number lies in
 * the window or to the right of it. A wrong guess fails the integrity check.
 *
 * Context: any; needs no lock, since only @top is read, once.
 */
u64 azvpn_replay_infer(const struct azvpn_replay *replay, u32 low)
{
	u64 top = READ_ONCE(replay->top);
	u32 high = top >> 32, top_low = top;
	u32 window = replay->window ?: INFER_WINDOW;
	u32 bottom = top_low - window + 1;

	if (top_low >= window - 1) {
		/* The window lies within one 2^32 block */
		if (low < bottom)
			high++;
	} else if (low >= bottom && high) {
		/* It spans two, and the number is in the lower one */
		high--;
	}
	return (u64)high << 32 | low;
}

/**
 * azvpn_replay_check() - Tell whether a sequence number may still be accepted
 * @replay: window of the SA
 * @sequence: 64-bit sequence number
 *
 * Context: any. Without the lock of the window the answer may be out of date, but
 * only by calling new what no longer is.
 */
enum azvpn_replay_verdict azvpn_replay_check(const struct azvpn_replay *replay, u64 sequence)
{
	u64 top = smp_load_acquire(&replay->top);	/* pairs with advance() */
	u64 word;

	if (!replay->window)
		return AZVPN_REPLAY_NEW;
	if (!sequence)	/* the first packet of an SA has number 1 */
		return AZVPN_REPLAY_STALE;
	if (sequence > top)
		return AZVPN_REPLAY_NEW;
	if (top - sequence >= replay->window)
		return AZVPN_REPLAY_STALE;
	word = READ_ONCE(replay->bits[sequence / WORD_BITS & replay->mask]);
	return word >> (sequence % WORD_BITS) & 1 ? AZVPN_REPLAY_SEEN : AZVPN_REPLAY_NEW;
}

/* Clear the words between the old top's and the new top's, the latter included */
static void advance(struct azvpn_replay *replay, u64 sequence)
{
	u64 old = replay->top / WORD_BITS, new = sequence / WORD_BITS;
	u64 words = min_t(u64, new - old, (u64)replay->mask + 1);

	while (words--)
		WRITE_ONCE(replay->bits[new-- & replay->mask], 0);
	/* Who sees the new top must not take a word of a window ago for one of this */
	smp_store_release(&replay->top, sequence);
}

/**
 * azvpn_replay_mark() - Take note of an authentic packet
 * @replay: window of the SA
 * @sequence: its 64-bit sequence number
 *
 * Context: the caller holds the lock of the window.
 * Return: %AZVPN_REPLAY_NEW if the packet may be accepted and is marked.
 */
enum azvpn_replay_verdict azvpn_replay_mark(struct azvpn_replay *replay, u64 sequence)
{
	enum azvpn_replay_verdict verdict = azvpn_replay_check(replay, sequence);
	u64 *word;

	if (verdict != AZVPN_REPLAY_NEW)
		return verdict;
	if (sequence > replay->top)
		advance(replay, sequence);
	if (replay->window) {
		word = &replay->bits[sequence / WORD_BITS & replay->mask];
		WRITE_ONCE(*word, *word | 1ULL << (sequence % WORD_BITS));
	}
	return AZVPN_REPLAY_NEW;
}
