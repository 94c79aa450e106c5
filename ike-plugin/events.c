// SPDX-License-Identifier: GPL-2.0
#include "events.h"

#include <daemon.h>
#include <errno.h>
#include <sys/socket.h>

/* A list that changed while it was read is read again, but not for ever */
#define TRIES	5

/**
 * struct events - the subscription
 * @public: interface
 * @nl: subscribed netlink handle, used by the callback of charon's watcher only
 * @policies: what charon asked for
 */
struct events {
	struct azvpn_events public;
	struct azvpn_nl *nl;
	struct azvpn_policies *policies;
};

static host_t *host_of(struct in_addr addr, uint16_t port)
{
	return host_create_from_chunk(AF_INET, chunk_from_thing(addr), port);
}

static traffic_selector_t *selector_of(struct in_addr addr, uint8_t protocol)
{
	return traffic_selector_create_from_subnet(host_of(addr, 0), 32, protocol, 0, 0xffff);
}

static void expired(uint32_t spi, struct in_addr addr, bool hard)
{
	host_t *dst = host_of(addr, 0);

	charon->kernel->expire(charon->kernel, IPPROTO_ESP, spi, dst, hard);
	dst->destroy(dst);
}

static void wanted(const struct azvpn_nl_acquire *acquire)
{
	kernel_acquire_data_t data = {
		.src = selector_of(acquire->packet_src, acquire->protocol),
		.dst = selector_of(acquire->packet_dst, acquire->protocol),
	};

	charon->kernel->acquire(charon->kernel, acquire->reqid, &data);
	data.src->destroy(data.src);
	data.dst->destroy(data.dst);
}

static void moved(const struct azvpn_nl_mapping *mapping)
{
	host_t *dst = host_of(mapping->dst, 0);
	host_t *peer = host_of(mapping->src, ntohs(mapping->encap_sport));

	charon->kernel->mapping(charon->kernel, IPPROTO_ESP, mapping->spi, dst, peer);
	peer->destroy(peer);
	dst->destroy(dst);
}

static void dispatch(const struct azvpn_nl_event *event, void *data)
{
	switch (event->command) {
	case AZVPN_CMD_EXPIRE_NTF:
		expired(event->expire.spi, event->expire.dst, event->expire.hard);
		break;
	case AZVPN_CMD_ACQUIRE_NTF:
		wanted(&event->acquire);
		break;
	case AZVPN_CMD_MAPPING_NTF:
		moved(&event->mapping);
		break;
	}
}

static bool reached(uint64_t value, uint64_t limit)
{
	return limit && value >= limit;
}

static int check_limits(const struct azvpn_nl_sa *sa, void *data)
{
	const time_t *now = data;
	/* An SA may be younger than the moment */
	uint64_t age = (uint64_t)*now > sa->added ? *now - sa->added : 0;

	if (reached(sa->bytes, sa->soft.bytes) || reached(sa->packets, sa->soft.packets) ||
	    reached(age, sa->soft.seconds))
		expired(sa->spi, sa->dst, FALSE);
	return 0;
}

static void ended(uint32_t spi, struct in_addr dst)
{
	expired(spi, dst, TRUE);
}

/*
 * Events were lost. Acquires and mapping changes repeat themselves. An SA that
 * reached its soft limit can be told by its counters, one that is gone by the
 * policy that should have it. Told twice it does no harm: charon acts once.
 */
static void catch_up(struct events *this)
{
	struct azvpn_nl *nl = azvpn_nl_open(NULL, NULL);
	time_t now = time_monotonic(NULL);
	int tries = TRIES;

	DBG1(DBG_KNL, "events of the kernel were lost, looking for SAs that expired");
	while (nl && tries-- && azvpn_nl_sa_dump(nl, 0, check_limits, &now) == -EINTR)
		;
	azvpn_nl_close(nl);
	this->policies->find_lost(this->policies, ended);
}

CALLBACK(receive, bool, struct events *this, int fd, watcher_event_t event)
{
	switch (azvpn_nl_events_receive(this->nl, dispatch, this)) {
	case 0:
		return TRUE;
	case -ENOBUFS:
		catch_up(this);
		return TRUE;
	default:
		DBG1(DBG_KNL, "no more events of the kernel: %s", azvpn_nl_error(this->nl));
		return FALSE;
	}
}

METHOD(struct azvpn_events, destroy, void, struct events *this)
{
	lib->watcher->remove(lib->watcher, azvpn_nl_events_fd(this->nl));
	azvpn_nl_close(this->nl);
	free(this);
}

/*
 * For gateways so large, or with memory so scarce, that the default does not
 * suit. In strongswan.conf options are in a section kernel-azvpn, beside the
 * section kernel-azvpn! that loads the plugin.
 */
static void set_receive_buffer(struct azvpn_nl *nl)
{
	int size = lib->settings->get_int(lib->settings, "%s.plugins.kernel-azvpn.receive_buffer",
					  0, lib->ns);

	if (size && setsockopt(azvpn_nl_events_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size,
			       sizeof(size)))
		DBG1(DBG_KNL, "kernel-azvpn: receive_buffer = %d: %s", size, strerror(errno));
}

struct azvpn_events *azvpn_events_create(struct azvpn_policies *policies)
{
	char error[AZVPN_NL_ERROR_SIZE];
	struct events *this;
	struct azvpn_nl *nl;

	nl = azvpn_nl_open(NULL, error);
	if (!nl || azvpn_nl_events_subscribe(nl)) {
		DBG1(DBG_KNL, "kernel-azvpn: %s", nl ? azvpn_nl_error(nl) : error);
		azvpn_nl_close(nl);
		return NULL;
	}
	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.nl = nl,
		.policies = policies,
	);
	set_receive_buffer(nl);
	lib->watcher->add(lib->watcher, azvpn_nl_events_fd(nl), WATCHER_READ, receive, this);
	return &this->public;
}
