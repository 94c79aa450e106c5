// SPDX-License-Identifier: GPL-2.0
/* Charon's kernel_ipsec_t, put together. */
#include "ipsec.h"

#include <daemon.h>
#include <errno.h>
#include <linux/udp.h>
#include <sys/socket.h>

#include "address.h"
#include "events.h"
#include "policies.h"
#include "sas.h"

/**
 * struct ipsec - the module, seen by charon
 * @public: charon's interface
 * @sas: SAs
 * @policies: policies, which name SAs
 * @events: what the module reports
 */
struct ipsec {
	kernel_ipsec_t public;
	struct azvpn_sas *sas;
	struct azvpn_policies *policies;
	struct azvpn_events *events;
};

/*
 * POLICY_SPI: an outbound SA carries traffic only once a policy names it, so
 * that charon installs it as soon as it is known and moves the policy when the
 * peer is ready. NO_POLICY_UPDATES: a policy follows its SA to new addresses,
 * so that charon need not block the traffic while it moves. ESP_V3_TFC: what
 * the peer appends to a packet is cut off, and charon need not tell it not to.
 */
METHOD(kernel_ipsec_t, get_features, kernel_feature_t, struct ipsec *this)
{
	return KERNEL_POLICY_SPI | KERNEL_NO_POLICY_UPDATES | KERNEL_ESP_V3_TFC;
}

METHOD(kernel_ipsec_t, get_spi, status_t, struct ipsec *this, host_t *src, host_t *dst,
	uint8_t protocol, uint32_t *spi)
{
	return this->sas->get_spi(this->sas, src, dst, protocol, spi);
}

METHOD(kernel_ipsec_t, get_cpi, status_t, struct ipsec *this, host_t *src, host_t *dst,
	uint16_t *cpi)
{
	DBG1(DBG_KNL, "kernel-azvpn: ipcomp = yes is not supported, azvpn does not compress");
	return NOT_SUPPORTED;
}

METHOD(kernel_ipsec_t, add_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_add_sa_t *data)
{
	return this->sas->add(this->sas, id, data);
}

/*
 * NOT_SUPPORTED is the one answer that charon acts upon, by a rekey, so it
 * stands for every failure. To be taken out of UDP is what the kernel's SAs
 * cannot, to be put into it they can.
 */
METHOD(kernel_ipsec_t, update_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_update_sa_t *data)
{
	struct azvpn_nl_sa_update update = {
		.name = this->sas->get_name(this->sas, id->spi, id->dst),
		.new_src = azvpn_addr_of(data->new_src),
		.new_dst = azvpn_addr_of(data->new_dst),
	};

	if (data->new_reqid || (data->encap && !data->new_encap))
		return NOT_SUPPORTED;
	if (data->new_encap) {
		update.new_sport = htons(data->new_src->get_port(data->new_src));
		update.new_dport = htons(data->new_dst->get_port(data->new_dst));
	}
	return this->policies->move_sa(this->policies, &update) ? NOT_SUPPORTED : SUCCESS;
}

METHOD(kernel_ipsec_t, query_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_query_sa_t *data, uint64_t *bytes, uint64_t *packets, time_t *time)
{
	return this->sas->query(this->sas, id, bytes, packets, time);
}

METHOD(kernel_ipsec_t, del_sa, status_t, struct ipsec *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_del_sa_t *data)
{
	return this->sas->del(this->sas, id);
}

METHOD(kernel_ipsec_t, flush_sas, status_t, struct ipsec *this)
{
	return this->sas->flush(this->sas);
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

/* The kernel then hands ESP out of the UDP datagrams of this socket to azvpn, of either family */
METHOD(kernel_ipsec_t, enable_udp_decap, bool, struct ipsec *this, int fd, int family,
	uint16_t port)
{
	int type = UDP_ENCAP_ESPINUDP;

	if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &type, sizeof(type))) {
		DBG1(DBG_KNL, "unable to have ESP taken out of %s UDP port %u: %s",
		     family == AF_INET6 ? "IPv6" : "IPv4", port, strerror(errno));
		return FALSE;
	}
	return TRUE;
}

METHOD(kernel_ipsec_t, destroy, void, struct ipsec *this)
{
	DESTROY_IF(this->events);
	DESTROY_IF(this->policies);
	DESTROY_IF(this->sas);
	free(this);
}

static bool connect_module(struct ipsec *this)
{
	this->sas = azvpn_sas_create();
	if (!this->sas)
		return FALSE;
	this->policies = azvpn_policies_create(this->sas);
	if (!this->policies || flush_policies(this) != SUCCESS || flush_sas(this) != SUCCESS)
		return FALSE;
	this->events = azvpn_events_create(this->sas);
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
	);
	if (!connect_module(this)) {
		destroy(this);
		return NULL;
	}
	return &this->public;
}
