/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Client of the kernel module's generic netlink family "azvpn".
 *
 * Documentation/netlink/specs/azvpn.yaml says what every operation and
 * attribute means; this header gives the same in C. One handle serves one
 * thread at a time and one network namespace for its whole life.
 *
 * Functions that return int return 0 or a negative errno; azvpn_nl_error()
 * then has the reason as one line of text, the kernel's own words where it
 * gave some. -ESRCH means that there is no such SA, policy or tunnel, -ETIMEDOUT
 * that the kernel did not answer for half a minute. Only events are waited for
 * without a limit.
 * Addresses, SPIs and UDP ports of encapsulation are in network byte order
 * everywhere, port ranges of selectors and all else in that of the host.
 */
#ifndef AZVPN_NL_H
#define AZVPN_NL_H

#include <linux/azvpn.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"

#define AZVPN_NL_ERROR_SIZE	256
#define AZVPN_NL_DRIVER_SIZE	128
#define AZVPN_NL_ALGORITHM_SIZE	32
/* Size of drops[], which is indexed by AZVPN_A_DROPS_... */
#define AZVPN_NL_DROPS		(AZVPN_A_DROPS_MAX + 1)

struct azvpn_nl;

/* Limits of an SA; zero is no limit */
struct azvpn_nl_limits {
	uint64_t bytes;
	uint64_t packets;
	uint64_t seconds;
};

/* What tells an SA from all others of its namespace */
struct azvpn_nl_sa_name {
	uint32_t spi;
	struct azvpn_addr dst;
	uint16_t dport;			/* UDP destination port of an outbound SA in UDP, else 0 */
};

/* The packet dropped last; all zero if there is none */
struct azvpn_nl_last_drop {
	uint32_t reason;		/* AZVPN_A_DROPS_... */
	uint64_t time;			/* seconds of CLOCK_MONOTONIC */
	uint32_t spi;			/* 0: it had found no SA */
	uint64_t sequence;
};

/*
 * A security association. Its name is (spi, dst), outbound and in UDP with
 * encap_dport; see azvpn_nl_sa_name().
 */
struct azvpn_nl_sa {
	uint32_t spi;
	struct azvpn_addr dst;
	struct azvpn_addr src;
	uint32_t direction;		/* enum azvpn_direction */
	uint32_t tunnel_id;
	uint32_t reqid;
	char cipher[AZVPN_NL_ALGORITHM_SIZE];		/* by the names of the YAML */
	char integrity[AZVPN_NL_ALGORITHM_SIZE];	/* empty for combined modes */
	const void *cipher_key;		/* to add only; stays the caller's */
	size_t cipher_key_size;		/* salt included */
	const void *integrity_key;
	size_t integrity_key_size;
	uint32_t flags;			/* enum azvpn_sa_flag */
	uint32_t replay_window;		/* packets */
	uint16_t encap_sport;		/* both zero: no UDP encapsulation */
	uint16_t encap_dport;
	uint32_t tfc;			/* inner packets are padded to so many bytes; 0: not */
	struct azvpn_nl_limits soft;
	struct azvpn_nl_limits hard;

	/* What only the kernel knows */
	uint32_t state;			/* enum azvpn_sa_state */
	char driver[AZVPN_NL_DRIVER_SIZE];
	uint64_t sequence;
	uint64_t packets;
	uint64_t bytes;
	uint64_t added;			/* seconds of CLOCK_MONOTONIC */
	uint64_t last_used;		/* the same; 0 is never */
	uint64_t drops[AZVPN_NL_DROPS];
	struct azvpn_nl_last_drop last_drop;
};

/* New outer addresses and ports of an SA; what is zero stays */
struct azvpn_nl_sa_update {
	struct azvpn_nl_sa_name name;
	struct azvpn_addr new_src;
	struct azvpn_addr new_dst;
	uint16_t new_sport;		/* both ports or neither */
	uint16_t new_dport;
};

/* Which packets a policy is for. @src and @dst are of one family. */
struct azvpn_nl_selector {
	struct azvpn_addr src;		/* inner networks */
	uint32_t src_prefix;
	struct azvpn_addr dst;
	uint32_t dst_prefix;
	uint32_t protocol;		/* 0: any */
	uint16_t src_port_min;		/* 0 to 65535: any */
	uint16_t src_port_max;
	uint16_t dst_port_min;		/* of ICMP: 256 times the type, and the code */
	uint16_t dst_port_max;
};

/* A policy. Known by tunnel, direction and selector. */
struct azvpn_nl_policy {
	uint32_t tunnel_id;
	uint32_t direction;		/* enum azvpn_direction */
	struct azvpn_nl_selector selector;
	uint32_t priority;		/* the lowest number counts most */
	uint32_t action;		/* enum azvpn_policy_action */
	uint32_t reqid;
	struct azvpn_nl_sa_name sa;	/* spi 0: none, a trap if outbound */

	/* What only the kernel knows */
	uint64_t last_used;		/* seconds of CLOCK_MONOTONIC; 0 is never */
};

struct azvpn_nl_tunnel {
	uint32_t id;
	uint32_t ifindex;
	char ifname[IF_NAMESIZE];
	uint32_t carrier;
	uint32_t sas;
	uint32_t policies;
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t drops[AZVPN_NL_DROPS];
	struct azvpn_nl_last_drop last_drop;
};

/* Counters of the network namespace */
struct azvpn_nl_net {
	uint64_t unknown_spi;
	uint64_t early_held;
	uint64_t early_full;
	uint64_t early_timeout;
	uint32_t tunnels;
	uint32_t sas;
	uint32_t policies;
};

/* An SA reached a limit; when hard it is gone */
struct azvpn_nl_expire {
	struct azvpn_nl_sa_name name;
	uint32_t direction;
	uint32_t tunnel_id;
	uint32_t reqid;
	bool hard;
};

/* A packet matched an outbound policy that has no SA */
struct azvpn_nl_acquire {
	uint32_t tunnel_id;
	uint32_t reqid;
	struct azvpn_addr src;		/* the policy's networks */
	uint32_t src_prefix;
	struct azvpn_addr dst;
	uint32_t dst_prefix;
	uint32_t protocol;		/* from here on: the packet's */
	struct azvpn_addr packet_src;
	struct azvpn_addr packet_dst;
	uint16_t packet_sport;		/* network byte order; of ICMP type and code */
	uint16_t packet_dport;
};

/* The peer of an inbound SA now sends from another address or port */
struct azvpn_nl_mapping {
	uint32_t spi;
	struct azvpn_addr dst;
	uint32_t tunnel_id;
	uint32_t reqid;
	struct azvpn_addr src;
	uint16_t encap_sport;
};

struct azvpn_nl_event {
	int command;			/* AZVPN_CMD_..._NTF, says which one */
	union {
		struct azvpn_nl_expire expire;
		struct azvpn_nl_acquire acquire;
		struct azvpn_nl_mapping mapping;
	};
};

/*
 * What dumps call for every object, in the kernel's order. The object is
 * valid for the time of the call. Anything but 0 ends the dump, and becomes
 * its result; a callback must not use the handle.
 */
typedef int (*azvpn_nl_sa_fn)(const struct azvpn_nl_sa *sa, void *data);
typedef int (*azvpn_nl_policy_fn)(const struct azvpn_nl_policy *policy, void *data);
typedef int (*azvpn_nl_tunnel_fn)(const struct azvpn_nl_tunnel *tunnel, void *data);
typedef void (*azvpn_nl_event_fn)(const struct azvpn_nl_event *event, void *data);

/**
 * azvpn_nl_open() - connect to the module
 * @netns: name of a network namespace (see ip-netns(8)), NULL for the current one
 * @error: takes the reason when there is no handle; may be NULL
 *
 * Fails if the module is not loaded or speaks another version of the contract.
 *
 * Return: a handle for azvpn_nl_close(), or NULL with errno set
 * (EPROTONOSUPPORT: not loaded, EPROTO: other version).
 */
struct azvpn_nl *azvpn_nl_open(const char *netns, char error[AZVPN_NL_ERROR_SIZE]);
void azvpn_nl_close(struct azvpn_nl *nl);

/* Reason of the last failure, valid until the next call; never NULL */
const char *azvpn_nl_error(const struct azvpn_nl *nl);

/* Name of a drop reason (AZVPN_A_DROPS_...) as in the YAML, NULL if there is none */
const char *azvpn_nl_drop_name(unsigned int reason);

/**
 * azvpn_nl_sa_alloc_spi() - reserve an SPI for an inbound SA
 * @nl: handle
 * @src: the peer's outer address
 * @dst: our outer address
 * @min: lowest SPI wanted, host byte order; 0 leaves the range to the kernel
 * @max: highest SPI wanted
 * @spi: takes the SPI, network byte order
 *
 * Return: 0 or a negative errno.
 */
int azvpn_nl_sa_alloc_spi(struct azvpn_nl *nl, const struct azvpn_addr *src,
			  const struct azvpn_addr *dst, uint32_t min, uint32_t max, uint32_t *spi);
/* The copies of the keys in the message are wiped before this returns */
int azvpn_nl_sa_add(struct azvpn_nl *nl, const struct azvpn_nl_sa *sa);
int azvpn_nl_sa_update(struct azvpn_nl *nl, const struct azvpn_nl_sa_update *update);
int azvpn_nl_sa_get(struct azvpn_nl *nl, const struct azvpn_nl_sa_name *name,
		    struct azvpn_nl_sa *sa);
int azvpn_nl_sa_del(struct azvpn_nl *nl, const struct azvpn_nl_sa_name *name);
/* The name of an SA whose direction, addresses and ports are known */
struct azvpn_nl_sa_name azvpn_nl_sa_name(const struct azvpn_nl_sa *sa);

/*
 * Of flush and dump: tunnel_id 0 stands for all tunnels. A dump returns -EINTR
 * at its end if objects came or went meanwhile, so that some may be missing.
 */
int azvpn_nl_sa_flush(struct azvpn_nl *nl, uint32_t tunnel_id);
int azvpn_nl_sa_dump(struct azvpn_nl *nl, uint32_t tunnel_id, azvpn_nl_sa_fn fn, void *data);

/* replace: change the policy if there is one already, else that is -EEXIST */
int azvpn_nl_policy_add(struct azvpn_nl *nl, const struct azvpn_nl_policy *policy, bool replace);
/* The policy that @id names; @policy may be the same object */
int azvpn_nl_policy_get(struct azvpn_nl *nl, const struct azvpn_nl_policy *id,
			struct azvpn_nl_policy *policy);
int azvpn_nl_policy_del(struct azvpn_nl *nl, const struct azvpn_nl_policy *id);
int azvpn_nl_policy_flush(struct azvpn_nl *nl, uint32_t tunnel_id);
int azvpn_nl_policy_dump(struct azvpn_nl *nl, uint32_t tunnel_id, azvpn_nl_policy_fn fn,
			 void *data);

int azvpn_nl_tunnel_get(struct azvpn_nl *nl, uint32_t id, struct azvpn_nl_tunnel *tunnel);
int azvpn_nl_tunnel_dump(struct azvpn_nl *nl, azvpn_nl_tunnel_fn fn, void *data);

int azvpn_nl_net_get(struct azvpn_nl *nl, struct azvpn_nl_net *net);

/*
 * Events need a handle of their own: after azvpn_nl_events_subscribe() it
 * serves for nothing else. azvpn_nl_events_fd() can be polled;
 * azvpn_nl_events_receive() waits for at least one message and calls @fn for
 * each event. What it cannot read it skips. It returns -ENOBUFS when events were
 * lost because they were not received quickly enough; one can go on with it.
 * Anything else says that the handle is of no use any more.
 */
int azvpn_nl_events_subscribe(struct azvpn_nl *nl);
int azvpn_nl_events_fd(const struct azvpn_nl *nl);
int azvpn_nl_events_receive(struct azvpn_nl *nl, azvpn_nl_event_fn fn, void *data);

#endif /* AZVPN_NL_H */
