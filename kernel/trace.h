/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: every packet sent, received and dropped. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM azvpn

#if !defined(_AZVPN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _AZVPN_TRACE_H

#include <linux/tracepoint.h>

#include "device.h"
#include "sa.h"
#include "stats.h"

DECLARE_EVENT_CLASS(azvpn_packet,
	TP_PROTO(const struct azvpn_sa *sa, u64 sequence, unsigned int len),
	TP_ARGS(sa, sequence, len),
	TP_STRUCT__entry(
		__field(u32, tunnel)
		__field(u32, spi)
		__field(u64, sequence)
		__field(unsigned int, len)
	),
	TP_fast_assign(
		__entry->tunnel = sa->tunnel->id;
		__entry->spi = ntohl(sa->spi);
		__entry->sequence = sequence;
		__entry->len = len;
	),
	TP_printk("tunnel=%u spi=0x%08x sequence=%llu len=%u", __entry->tunnel, __entry->spi,
		  __entry->sequence, __entry->len)
);

/* An inner packet of @len bytes goes out encrypted */
DEFINE_EVENT(azvpn_packet, azvpn_send,
	TP_PROTO(const struct azvpn_sa *sa, u64 sequence, unsigned int len),
	TP_ARGS(sa, sequence, len)
);

/* An inner packet of @len bytes goes to the stack */
DEFINE_EVENT(azvpn_packet, azvpn_receive,
	TP_PROTO(const struct azvpn_sa *sa, u64 sequence, unsigned int len),
	TP_ARGS(sa, sequence, len)
);

/* A packet of @len bytes is dropped; 0 if others have dropped it */
TRACE_EVENT(azvpn_drop,
	TP_PROTO(const struct azvpn_tunnel *tunnel, unsigned int len,
		 const struct azvpn_last_drop *drop),
	TP_ARGS(tunnel, len, drop),
	TP_STRUCT__entry(
		__field(u32, tunnel)
		__field(u32, reason)
		__field(u32, spi)
		__field(u64, sequence)
		__field(unsigned int, len)
	),
	TP_fast_assign(
		__entry->tunnel = tunnel->id;
		__entry->reason = drop->reason;
		__entry->spi = ntohl(drop->spi);
		__entry->sequence = drop->sequence;
		__entry->len = len;
	),
	TP_printk("tunnel=%u reason=%s spi=0x%08x sequence=%llu len=%u", __entry->tunnel,
		  azvpn_drop_name(__entry->reason), __entry->spi, __entry->sequence,
		  __entry->len)
);

#endif /* _AZVPN_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
