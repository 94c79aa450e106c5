/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The anti-replay window of an inbound SA (RFC 4303 section 3.4.3).
 *
 * Pure logic: compiled in user space too, by the unit tests and the fuzzer.
 */
#ifndef _AZVPN_REPLAY_H
#define _AZVPN_REPLAY_H

#include <linux/types.h>

enum azvpn_replay_verdict {
	AZVPN_REPLAY_NEW,	/* not seen yet */
	AZVPN_REPLAY_SEEN,
	AZVPN_REPLAY_STALE,	/* left of the window: cannot be told */
};

/**
 * struct azvpn_replay - Which sequence numbers were received
 * @top: the highest one received, 0 before the first
 * @window: how many numbers up to and including @top are remembered; 0 switches the check off
 * @mask: number of words in @bits less one; the number is a power of two
 * @bits: ring of words; number s is bit s % 64 of word s / 64 & @mask
 *
 * The ring holds at least one word more than the window needs, so that moving
 * the window clears whole words and never bit by bit (RFC 6479).
 */
struct azvpn_replay {
	u64 top;
	u32 window;
	u32 mask;
	u64 bits[];
};

u32 azvpn_replay_words(u32 window);
void azvpn_replay_init(struct azvpn_replay *replay, u32 window);
u64 azvpn_replay_infer(const struct azvpn_replay *replay, u32 low);
enum azvpn_replay_verdict azvpn_replay_check(const struct azvpn_replay *replay, u64 sequence);
enum azvpn_replay_verdict azvpn_replay_mark(struct azvpn_replay *replay, u64 sequence);

#endif /* _AZVPN_REPLAY_H */
