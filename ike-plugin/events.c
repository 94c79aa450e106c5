// SPDX-License-Identifier: GPL-2.0
#include "events.h"

#include <daemon.h>
#include <errno.h>
#include <processing/jobs/callback_job.h>
#include <sys/socket.h>

#include "address.h"

/* How long after a failure to subscribe again, in seconds */
#define RETRY	5

/**
 * struct events - the subscription
 * @public: interface
 * @nl: subscribed netlink handle, NULL while there is none. For the callback of
 *	charon's watcher, and for reopen() when that callback is no more.
 * @sas: what charon added
 */
struct events {
	struct azvpn_events public;
	struct azvpn_nl *nl;
	struct azvpn_sas *sas;
};

static bool has_types(uint8_t protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* @port 0 stands for any */
static traffic_selector_t *selector_of(const struct azvpn_addr *addr, uint8_t protocol,
				       uint16_t port)
{
	uint8_t bits = addr->family == AF_INET6 ? 128 : 32;

	return traffic_selector_create_from_subnet(azvpn_host_of(addr, 0), bits, protocol, port,
						   port ?: 0xffff);
}

static void expired(const struct azvpn_nl_sa_name *name, bool hard)
{
	host_t *dst = azvpn_host_of(&name->dst, ntohs(name->dport));

	charon->kernel->expire(charon->kernel, IPPROTO_ESP, name->spi, dst, hard);
	dst->destroy(dst);
}

/*
 * Of ICMP the type and code are what our side sends, see support.c. Type 0 is
 * left out, as charon takes numbers below 256 for types.
 */
static uint16_t source_port(const struct azvpn_nl_acquire *acquire)
{
	uint16_t port = ntohs(acquire->packet_sport);

	return has_types(acquire->protocol) ?
		       port << 8 | (port ? ntohs(acquire->packet_dport) : 0) : port;
}

static uint16_t destination_port(const struct azvpn_nl_acquire *acquire)
{
	return has_types(acquire->protocol) ? 0 : ntohs(acquire->packet_dport);
}

static void wanted(const struct azvpn_nl_acquire *acquire)
{
	kernel_acquire_data_t data = {
		.src = selector_of(&acquire->packet_src, acquire->protocol, source_port(acquire)),
		.dst = selector_of(&acquire->packet_dst, acquire->protocol,
				   destination_port(acquire)),
	};

	charon->kernel->acquire(charon->kernel, acquire->reqid, &data);
	data.src->destroy(data.src);
	data.dst->destroy(data.dst);
}

static void moved(const struct azvpn_nl_mapping *mapping)
{
	host_t *dst = azvpn_host_of(&mapping->dst, 0);
	host_t *peer = azvpn_host_of(&mapping->src, ntohs(mapping->encap_sport));

	charon->kernel->mapping(charon->kernel, IPPROTO_ESP, mapping->spi, dst, peer);
	peer->destroy(peer);
	dst->destroy(dst);
}

static void dispatch(const struct azvpn_nl_event *event, void *data)
{
	switch (event->command) {
	case AZVPN_CMD_EXPIRE_NTF:
		expired(&event->expire.name, event->expire.hard);
		break;
	case AZVPN_CMD_ACQUIRE_NTF:
		wanted(&event->acquire);
		break;
	case AZVPN_CMD_MAPPING_NTF:
		moved(&event->mapping);
		break;
	}
}

/*
 * Events were lost. Acquires and mapping changes repeat themselves. An SA that
 * reached its soft limit can be told by its counters, one that reached its hard
 * limit is gone. Told twice it does no harm: charon acts once.
 */
static void catch_up(struct events *this)
{
	DBG1(DBG_KNL, "events of the kernel were lost, looking for SAs that expired");
	this->sas->find_expired(this->sas, expired);
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

static struct azvpn_nl *subscribe(void)
{
	char error[AZVPN_NL_ERROR_SIZE];
	struct azvpn_nl *nl;

	nl = azvpn_nl_open(NULL, error);
	if (!nl || azvpn_nl_events_subscribe(nl)) {
		DBG1(DBG_KNL, "kernel-azvpn: %s", nl ? azvpn_nl_error(nl) : error);
		azvpn_nl_close(nl);
		return NULL;
	}
	set_receive_buffer(nl);
	return nl;
}

static void watch(struct events *this);

static void unsubscribe(struct events *this)
{
	if (!this->nl)
		return;
	/* Waits for the callback to return */
	lib->watcher->remove(lib->watcher, azvpn_nl_events_fd(this->nl));
	azvpn_nl_close(this->nl);
	this->nl = NULL;
}

/*
 * A job, as the socket may not be closed, and its number given to the next one,
 * while the watcher is in the callback. Charon has ended all jobs before it
 * unloads its plugins.
 */
CALLBACK(reopen, job_requeue_t, struct events *this)
{
	unsubscribe(this);
	this->nl = subscribe();
	if (!this->nl)
		return JOB_RESCHEDULE(RETRY);
	watch(this);
	catch_up(this);
	return JOB_REQUEUE_NONE;
}

/* Nothing but lost events is an error that the socket survives, see azvpn_nl_events_receive() */
CALLBACK(receive, bool, struct events *this, int fd, watcher_event_t event)
{
	switch (azvpn_nl_events_receive(this->nl, dispatch, this)) {
	case 0:
		return TRUE;
	case -ENOBUFS:
		catch_up(this);
		return TRUE;
	default:
		DBG1(DBG_KNL, "subscribing to the kernel's events again: %s",
		     azvpn_nl_error(this->nl));
		lib->processor->queue_job(lib->processor, (job_t *)
			callback_job_create((callback_job_cb_t)reopen, this, NULL, NULL));
		return FALSE;
	}
}

static void watch(struct events *this)
{
	lib->watcher->add(lib->watcher, azvpn_nl_events_fd(this->nl), WATCHER_READ, receive, this);
}

METHOD(struct azvpn_events, destroy, void, struct events *this)
{
	unsubscribe(this);
	free(this);
}

struct azvpn_events *azvpn_events_create(struct azvpn_sas *sas)
{
	struct azvpn_nl *nl = subscribe();
	struct events *this;

	if (!nl)
		return NULL;
	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.nl = nl,
		.sas = sas,
	);
	watch(this);
	return &this->public;
}
