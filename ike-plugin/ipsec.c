// SPDX-License-Identifier: GPL-2.0
/* Security associations, and the rest of charon's kernel_ipsec_t. */
#include "ipsec.h"

#include <daemon.h>
#include <errno.h>
#include <linux/udp.h>
#include <sys/socket.h>
#include <threading/mutex.h>

#include "events.h"
#include "policies.h"
#include "support.h"

/**
 * struct ipsec - the module, seen by charon
 * @public: charon's interface
 * @nl: netlink handle for SAs, guarded by @mutex
 * @mutex: guards @nl; leaf lock
 * @policies: policies, with a netlink handle of their own
 * @events: what the module reports
 * @spi_min: lowest SPI to allocate, host byte order
 * @spi_max: highest SPI
 */
struct ipsec {
	kernel_ipsec_t public;
	struct azvpn_nl *nl;
	mutex_t *mutex;
	struct azvpn_policies *policies;
	struct azvpn_events *events;
	uint32_t spi_min;
	uint32_t spi_max;
};

/*
 * POLICY_SPI: an outbound SA carries traffic only once a policy names it, so
 * that charon installs it as soon as it is known and moves the policy when the
 * peer is ready. NO_POLICY_UPDATES: a policy follows its SA to new addresses,
 * so that charon need not block the traffic while it moves.
 */
METHOD(kernel_ipsec_t, get_features, kernel_feature_t, struct ipsec *this)
{
	return KERNEL_POLICY_SPI | KERNEL_NO_POLICY_UPDATES;
}

METHOD(kernel_ipsec_t, get_spi, status_t, struct ipsec *this, host_t *src, host_t *dst,
	uint8_t protocol, uint32_t *spi)
{
	struct in_addr from, to;
	int ret;

	if (!azvpn_support_protocol(protocol) || !azvpn_support_host(src, &from) ||
	    !azvpn_support_host(dst, &to))
		return NOT_SUPPORTED;
	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_alloc_spi(this->nl, from, to, this->spi_min, this->spi_max, spi);
	if (ret)
		DBG1(DBG_KNL, "unable to get an SPI for %H: %s", dst, azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	return ret ? FAILED : SUCCESS;
}

METHOD(kernel_ipsec_t, get_cpi, status_t, struct ipsec *this, host_t *src, host_t *dst,
	uint16_t *cpi)
{
	DBG1(DBG_KNL, "kernel-azvpn: ipcomp = yes is not supported, azvpn does not compress");
	return NOT_SUPPORTED;
}

/*
 * A limit to rekey at that is not below the one to die at is none: charon
 * computes it so, or underflows, if only the latter is configured.
 */
static uint64_t soft_limit(uint64_t rekey, uint64_t life)
{
	return life && rekey >= life ? 0 : rekey;
}

static void set_limits(struct azvpn_nl_sa *sa, lifetime_cfg_t *lifetime)
{
	sa->hard.bytes = lifetime->bytes.life;
	sa->hard.packets = lifetime->packets.life;
	sa->hard.seconds = lifetime->time.life;
	sa->soft.bytes = soft_limit(lifetime->bytes.rekey, lifetime->bytes.life);
	sa->soft.packets = soft_limit(lifetime->packets.rekey, lifetime->packets.life);
	sa->soft.seconds = soft_limit(lifetime->time.rekey, lifetime->time.life);
}

static uint32_t flags_of(kernel_ipsec_add_sa_t *data)
{
	return (data->esn ? AZVPN_SA_FLAG_ESN : 0) |
	       (data->copy_df ? AZVPN_SA_FLAG_COPY_DF : 0) |
	       (data->copy_ecn ? AZVPN_SA_FLAG_COPY_ECN : 0) |
	       (data->copy_dscp == DSCP_COPY_OUT_ONLY ? AZVPN_SA_FLAG_COPY_DSCP : 0);
}

METHOD(kernel_ipsec_t, add_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_add_sa_t *data)
{
	struct azvpn_nl_sa sa = {
		.spi = id->spi,
		.direction = data->inbound ? AZVPN_DIRECTION_IN : AZVPN_DIRECTION_OUT,
		.tunnel_id = id->if_id,
		.reqid = data->reqid,
		.algorithm = AZVPN_ALGORITHM_AES_GCM_16,
		.key = data->enc_key.ptr,
		.key_size = data->enc_key.len,
		.flags = flags_of(data),
		.replay_window = data->inbound ? data->replay_window : 0,
	};
	int ret;

	if (!azvpn_support_sa(id, data) || !azvpn_support_host(id->src, &sa.src) ||
	    !azvpn_support_host(id->dst, &sa.dst))
		return NOT_SUPPORTED;
	if (data->encap) {
		sa.encap_sport = htons(id->src->get_port(id->src));
		sa.encap_dport = htons(id->dst->get_port(id->dst));
	}
	set_limits(&sa, data->lifetime);

	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_add(this->nl, &sa);
	if (ret)
		DBG1(DBG_KNL, "unable to add SA %.8x to %H of tunnel %u: %s", ntohl(id->spi),
		     id->dst, id->if_id, azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	return ret ? FAILED : SUCCESS;
}

/*
 * NOT_SUPPORTED is the one answer that charon acts upon, by a rekey, so it
 * stands for every failure.
 */
METHOD(kernel_ipsec_t, update_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_update_sa_t *data)
{
	struct azvpn_nl_sa_update update = { .spi = id->spi };

	if (data->new_reqid || (data->encap && !data->new_encap))
		return NOT_SUPPORTED;
	if (!azvpn_support_host(id->dst, &update.dst) ||
	    !azvpn_support_host(data->new_src, &update.new_src) ||
	    !azvpn_support_host(data->new_dst, &update.new_dst))
		return NOT_SUPPORTED;
	if (data->new_encap) {
		update.encap_sport = htons(data->new_src->get_port(data->new_src));
		update.encap_dport = htons(data->new_dst->get_port(data->new_dst));
	}
	return this->policies->move_sa(this->policies, &update) ? NOT_SUPPORTED : SUCCESS;
}

METHOD(kernel_ipsec_t, query_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_query_sa_t *data, uint64_t *bytes, uint64_t *packets, time_t *time)
{
	struct azvpn_nl_sa sa;
	struct in_addr dst;
	int ret;

	if (!azvpn_support_host(id->dst, &dst))
		return NOT_SUPPORTED;
	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_get(this->nl, id->spi, dst, &sa);
	if (ret)
		DBG2(DBG_KNL, "unable to query SA %.8x to %H: %s", ntohl(id->spi), id->dst,
		     azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	if (ret)
		return ret == -ESRCH ? NOT_FOUND : FAILED;
	if (bytes)
		*bytes = sa.bytes;
	if (packets)
		*packets = sa.packets;
	if (time)
		*time = sa.last_used;
	return SUCCESS;
}

METHOD(kernel_ipsec_t, del_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_del_sa_t *data)
{
	struct in_addr dst;
	int ret;

	if (!azvpn_support_host(id->dst, &dst))
		return NOT_SUPPORTED;
	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_del(this->nl, id->spi, dst);
	/* An SA that expired is gone before charon deletes it */
	if (ret && ret != -ESRCH)
		DBG1(DBG_KNL, "unable to delete SA %.8x to %H: %s", ntohl(id->spi), id->dst,
		     azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	if (ret)
		return ret == -ESRCH ? NOT_FOUND : FAILED;
	return SUCCESS;
}

METHOD(kernel_ipsec_t, flush_sas, status_t, struct ipsec *this)
{
	int ret;

	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_flush(this->nl, 0);
	if (ret)
		DBG1(DBG_KNL, "unable to delete all SAs: %s", azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	return ret ? FAILED : SUCCESS;
}

METHOD(kernel_ipsec_t, add_policy, status_t, struct ipsec *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	return this->policies->add(this->policies, id, data);
}

METHOD(kernel_ipsec_t, query_policy, status_t, struct ipsec *this,
	kernel_ipsec_policy_id_t *id, kernel_ipsec_query_policy_t *data, time_t *use_time)
{
	return this->policies->query(this->policies, id, use_time);
}

METHOD(kernel_ipsec_t, del_policy, status_t, struct ipsec *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	return this->policies->del(this->policies, id, data);
}

METHOD(kernel_ipsec_t, flush_policies, status_t, struct ipsec *this)
{
	return this->policies->flush(this->policies);
}

/*
 * Nothing to do: azvpn's policies concern what is routed into its devices, and
 * never a packet of charon's sockets on its way to the peer.
 */
METHOD(kernel_ipsec_t, bypass_socket, bool, struct ipsec *this, int fd, int family)
{
	return TRUE;
}

/* The kernel then hands ESP out of the UDP datagrams of this socket to azvpn */
METHOD(kernel_ipsec_t, enable_udp_decap, bool, struct ipsec *this, int fd, int family,
	uint16_t port)
{
	int type = UDP_ENCAP_ESPINUDP;

	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type))) {
		DBG1(DBG_KNL, "unable to have ESP taken out of UDP port %u: %s", port,
		     strerror(errno));
		return FALSE;
	}
	return TRUE;
}

METHOD(kernel_ipsec_t, destroy, void, struct ipsec *this)
{
	DESTROY_IF(this->events);
	DESTROY_IF(this->policies);
	azvpn_nl_close(this->nl);
	this->mutex->destroy(this->mutex);
	free(this);
}

static void read_spi_range(struct ipsec *this)
{
	uint32_t a, b;

	a = lib->settings->get_int(lib->settings, "%s.spi_min", KERNEL_SPI_MIN, lib->ns);
	b = lib->settings->get_int(lib->settings, "%s.spi_max", KERNEL_SPI_MAX, lib->ns);
	this->spi_min = min(a, b);
	this->spi_max = max(a, b);
}

static bool connect_module(struct ipsec *this)
{
	char error[AZVPN_NL_ERROR_SIZE];

	this->nl = azvpn_nl_open(NULL, error);
	if (!this->nl) {
		DBG1(DBG_KNL, "kernel-azvpn: %s", error);
		return FALSE;
	}
	this->policies = azvpn_policies_create();
	if (!this->policies || flush_policies(this) != SUCCESS || flush_sas(this) != SUCCESS)
		return FALSE;
	this->events = azvpn_events_create(this->policies);
	return this->events;
}

kernel_ipsec_t *azvpn_ipsec_create(void)
{
	struct ipsec *this;

	INIT(this,
		.public = {
			.get_features = _get_features,
			.get_spi = _get_spi,
			.get_cpi = _get_cpi,
			.add_sa = _add_sa,
			.update_sa = _update_sa,
			.query_sa = _query_sa,
			.del_sa = _del_sa,
			.flush_sas = _flush_sas,
			.add_policy = _add_policy,
			.query_policy = _query_policy,
			.del_policy = _del_policy,
			.flush_policies = _flush_policies,
			.bypass_socket = _bypass_socket,
			.enable_udp_decap = _enable_udp_decap,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	read_spi_range(this);
	if (!connect_module(this)) {
		destroy(this);
		return NULL;
	}
	return &this->public;
}
