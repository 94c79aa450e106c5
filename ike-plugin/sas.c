// SPDX-License-Identifier: GPL-2.0
#include "sas.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <daemon.h>
#include <errno.h>
#include <threading/mutex.h>

#include "address.h"
#include "support.h"

/**
 * struct sas - all SAs of this charon
 * @public: interface
 * @nl: netlink handle, guarded by @mutex
 * @mutex: guards @nl, @sas and what that holds; leaf lock
 * @sas: struct sa by their name, those that charon added and has not deleted
 * @spi_min: lowest SPI to allocate, host byte order; immutable
 * @spi_max: highest SPI; immutable
 */
struct sas {
	struct azvpn_sas public;
	struct azvpn_nl *nl;
	mutex_t *mutex;
	hashtable_t *sas;
	uint32_t spi_min;
	uint32_t spi_max;
};

/**
 * struct sa - an SA that charon added
 * @name: what the kernel knows it by
 * @direction: enum azvpn_direction
 * @seen: the dump that is going on had it
 */
struct sa {
	struct azvpn_nl_sa_name name;
	uint32_t direction;
	bool seen;
};

/* An SA that charon is to be told of, once the lock is released */
struct expired {
	struct azvpn_nl_sa_name name;
	bool hard;
};

/**
 * struct search - for what expired
 * @this: SAs
 * @now: when it began, in seconds of CLOCK_MONOTONIC
 * @found: struct expired
 */
struct search {
	struct sas *this;
	uint64_t now;
	linked_list_t *found;
};

static u_int hash(const void *key)
{
	const struct azvpn_nl_sa_name *name = key;

	return chunk_hash_inc(chunk_from_thing(name->spi),
			      chunk_hash_inc(chunk_from_thing(name->dst.bytes), name->dport));
}

static bool equals(const void *key, const void *other_key)
{
	return azvpn_same_sa(key, other_key);
}

static void remember(struct sas *this, const struct azvpn_nl_sa_name *name, uint32_t direction)
{
	struct sa *sa, *old;

	INIT(sa,
		.name = *name,
		.direction = direction,
	);
	/* The kernel took the name again, so what had it before has expired */
	old = this->sas->put(this->sas, &sa->name, sa);
	free(old);
}

static void forget(struct sas *this, const struct azvpn_nl_sa_name *name)
{
	free(this->sas->remove(this->sas, name));
}

static void forget_all(struct sas *this)
{
	enumerator_t *enumerator;
	struct sa *sa;

	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, NULL, &sa)) {
		this->sas->remove_at(this->sas, enumerator);
		free(sa);
	}
	enumerator->destroy(enumerator);
}

/*
 * First the SA of the very port, as of two peers behind one NAT both may have
 * chosen the SPI; then one whose name is without a port, inbound or raw ESP. It
 * is that, too, if there is none: charon deletes SPIs that it only reserved.
 */
static struct azvpn_nl_sa_name name_of(struct sas *this, uint32_t spi, host_t *dst)
{
	struct azvpn_nl_sa_name name = {
		.spi = spi,
		.dst = azvpn_addr_of(dst),
		.dport = htons(dst->get_port(dst)),
	};

	if (!this->sas->get(this->sas, &name))
		name.dport = 0;
	return name;
}

METHOD(struct azvpn_sas, get_spi, status_t, struct sas *this, host_t *src, host_t *dst,
	uint8_t protocol, uint32_t *spi)
{
	struct azvpn_addr from = azvpn_addr_of(src), to = azvpn_addr_of(dst);
	int ret;

	if (!azvpn_support_protocol(protocol))
		return NOT_SUPPORTED;
	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_alloc_spi(this->nl, &from, &to, this->spi_min, this->spi_max, spi);
	if (ret)
		DBG1(DBG_KNL, "unable to get an SPI for %H: %s", dst, azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	return ret ? FAILED : SUCCESS;
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

/*
 * Of tfc the value for "as large as the path allows", tfc_padding = mtu, is the
 * largest number, and the kernel goes no further than the path anyway.
 */
static struct azvpn_nl_sa kernel_form(kernel_ipsec_sa_id_t *id, kernel_ipsec_add_sa_t *data)
{
	struct azvpn_nl_sa sa = {
		.spi = id->spi,
		.dst = azvpn_addr_of(id->dst),
		.src = azvpn_addr_of(id->src),
		.direction = data->inbound ? AZVPN_DIRECTION_IN : AZVPN_DIRECTION_OUT,
		.tunnel_id = id->if_id,
		.reqid = data->reqid,
		.cipher_key = data->enc_key.ptr,
		.cipher_key_size = data->enc_key.len,
		.integrity_key = data->int_key.ptr,
		.integrity_key_size = data->int_key.len,
		.flags = flags_of(data),
		.replay_window = data->inbound ? data->replay_window : 0,
		.tfc = data->inbound ? 0 : data->tfc,
	};

	if (data->encap) {
		sa.encap_sport = htons(id->src->get_port(id->src));
		sa.encap_dport = htons(id->dst->get_port(id->dst));
	}
	set_limits(&sa, data->lifetime);
	return sa;
}

METHOD(struct azvpn_sas, add, status_t, struct sas *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_add_sa_t *data)
{
	struct azvpn_nl_sa sa = kernel_form(id, data);
	struct azvpn_nl_sa_name name = azvpn_nl_sa_name(&sa);
	int ret;

	if (!azvpn_support_sa(id, data, &sa))
		return NOT_SUPPORTED;
	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_add(this->nl, &sa);
	if (ret)
		DBG1(DBG_KNL, "unable to add SA %.8x to %H of tunnel %u: %s", ntohl(id->spi),
		     id->dst, id->if_id, azvpn_nl_error(this->nl));
	else
		remember(this, &name, sa.direction);
	this->mutex->unlock(this->mutex);
	return ret ? FAILED : SUCCESS;
}

METHOD(struct azvpn_sas, query, status_t, struct sas *this, kernel_ipsec_sa_id_t *id,
	uint64_t *bytes, uint64_t *packets, time_t *time)
{
	struct azvpn_nl_sa_name name;
	struct azvpn_nl_sa sa;
	int ret;

	this->mutex->lock(this->mutex);
	name = name_of(this, id->spi, id->dst);
	ret = azvpn_nl_sa_get(this->nl, &name, &sa);
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

METHOD(struct azvpn_sas, del, status_t, struct sas *this, kernel_ipsec_sa_id_t *id)
{
	struct azvpn_nl_sa_name name;
	int ret;

	this->mutex->lock(this->mutex);
	name = name_of(this, id->spi, id->dst);
	ret = azvpn_nl_sa_del(this->nl, &name);
	/* An SA that expired is gone before charon deletes it */
	if (!ret || ret == -ESRCH)
		forget(this, &name);
	else
		DBG1(DBG_KNL, "unable to delete SA %.8x to %H: %s", ntohl(id->spi), id->dst,
		     azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	if (ret)
		return ret == -ESRCH ? NOT_FOUND : FAILED;
	return SUCCESS;
}

METHOD(struct azvpn_sas, flush, status_t, struct sas *this)
{
	int ret;

	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_flush(this->nl, 0);
	if (ret)
		DBG1(DBG_KNL, "unable to delete all SAs: %s", azvpn_nl_error(this->nl));
	else
		forget_all(this);
	this->mutex->unlock(this->mutex);
	return ret ? FAILED : SUCCESS;
}

METHOD(struct azvpn_sas, get_name, struct azvpn_nl_sa_name, struct sas *this, uint32_t spi,
	host_t *dst)
{
	struct azvpn_nl_sa_name name;

	this->mutex->lock(this->mutex);
	name = name_of(this, spi, dst);
	this->mutex->unlock(this->mutex);
	return name;
}

/* Inbound the port is no part of the name */
static struct azvpn_nl_sa_name moved_name(const struct azvpn_nl_sa_update *update,
					  uint32_t direction)
{
	struct azvpn_nl_sa_name name = update->name;

	if (update->new_dst.family)
		name.dst = update->new_dst;
	if (update->new_dport && direction == AZVPN_DIRECTION_OUT)
		name.dport = update->new_dport;
	return name;
}

static int move_known(struct sas *this, const struct azvpn_nl_sa_update *update,
		      uint32_t direction, struct azvpn_nl_sa_name *moved)
{
	int ret = azvpn_nl_sa_update(this->nl, update);

	if (ret) {
		DBG1(DBG_KNL, "unable to move SA %.8x: %s", ntohl(update->name.spi),
		     azvpn_nl_error(this->nl));
		return ret;
	}
	*moved = moved_name(update, direction);
	forget(this, &update->name);
	remember(this, moved, direction);
	return 0;
}

METHOD(struct azvpn_sas, move, int, struct sas *this, const struct azvpn_nl_sa_update *update,
	struct azvpn_nl_sa_name *moved)
{
	struct sa *sa;
	int ret = -ESRCH;

	this->mutex->lock(this->mutex);
	sa = this->sas->get(this->sas, &update->name);
	if (sa)
		ret = move_known(this, update, sa->direction, moved);
	else
		DBG1(DBG_KNL, "unable to move SA %.8x: it was never added",
		     ntohl(update->name.spi));
	this->mutex->unlock(this->mutex);
	return ret;
}

static void found(struct search *search, const struct azvpn_nl_sa_name *name, bool hard)
{
	struct expired *expired;

	INIT(expired,
		.name = *name,
		.hard = hard,
	);
	search->found->insert_last(search->found, expired);
}

static bool reached(uint64_t value, uint64_t limit)
{
	return limit && value >= limit;
}

/*
 * Outbound a packet counts as soon as it takes its sequence number, which may
 * be before it is encrypted and counted.
 */
static bool soft_expired(const struct azvpn_nl_sa *sa, uint64_t now)
{
	uint64_t packets = sa->direction == AZVPN_DIRECTION_OUT ? sa->sequence : sa->packets;
	/* An SA may be younger than the moment */
	uint64_t age = now > sa->added ? now - sa->added : 0;

	return reached(sa->bytes, sa->soft.bytes) || reached(packets, sa->soft.packets) ||
	       reached(age, sa->soft.seconds);
}

static int check_dumped(const struct azvpn_nl_sa *sa, void *data)
{
	struct azvpn_nl_sa_name name = azvpn_nl_sa_name(sa);
	struct search *search = data;
	struct sa *known = search->this->sas->get(search->this->sas, &name);

	if (known) {
		known->seen = TRUE;
		if (soft_expired(sa, search->now))
			found(search, &name, FALSE);
	}
	return 0;
}

/* What the dump has not seen may have been left out because the list changed meanwhile */
static void check_unseen(struct search *search, const struct azvpn_nl_sa_name *name)
{
	struct azvpn_nl_sa sa;

	switch (azvpn_nl_sa_get(search->this->nl, name, &sa)) {
	case 0:
		if (soft_expired(&sa, search->now))
			found(search, name, FALSE);
		break;
	case -ESRCH:
		found(search, name, TRUE);
		break;
	}
}

static void set_unseen(struct sas *this)
{
	enumerator_t *enumerator;
	struct sa *sa;

	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, NULL, &sa))
		sa->seen = FALSE;
	enumerator->destroy(enumerator);
}

/* The lock is held throughout, or an SA added during the dump would seem to be gone */
static void search_all(struct sas *this, struct search *search)
{
	enumerator_t *enumerator;
	struct sa *sa;
	int ret;

	set_unseen(this);
	ret = azvpn_nl_sa_dump(this->nl, 0, check_dumped, search);
	if (ret && ret != -EINTR) {
		DBG1(DBG_KNL, "unable to look for SAs that expired: %s", azvpn_nl_error(this->nl));
		return;
	}
	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, NULL, &sa))
		if (!sa->seen)
			check_unseen(search, &sa->name);
	enumerator->destroy(enumerator);
}

METHOD(struct azvpn_sas, find_expired, void, struct sas *this, azvpn_expired_fn fn)
{
	struct search search = {
		.this = this,
		.now = time_monotonic(NULL),
		.found = linked_list_create(),
	};
	struct expired *expired;

	this->mutex->lock(this->mutex);
	search_all(this, &search);
	this->mutex->unlock(this->mutex);
	while (search.found->remove_first(search.found, (void **)&expired) == SUCCESS) {
		fn(&expired->name, expired->hard);
		free(expired);
	}
	search.found->destroy(search.found);
}

METHOD(struct azvpn_sas, destroy, void, struct sas *this)
{
	forget_all(this);
	this->sas->destroy(this->sas);
	this->mutex->destroy(this->mutex);
	azvpn_nl_close(this->nl);
	free(this);
}

static void read_spi_range(struct sas *this)
{
	uint32_t a, b;

	a = lib->settings->get_int(lib->settings, "%s.spi_min", KERNEL_SPI_MIN, lib->ns);
	b = lib->settings->get_int(lib->settings, "%s.spi_max", KERNEL_SPI_MAX, lib->ns);
	this->spi_min = min(a, b);
	this->spi_max = max(a, b);
}

struct azvpn_sas *azvpn_sas_create(void)
{
	char error[AZVPN_NL_ERROR_SIZE];
	struct azvpn_nl *nl;
	struct sas *this;

	nl = azvpn_nl_open(NULL, error);
	if (!nl) {
		DBG1(DBG_KNL, "kernel-azvpn: %s", error);
		return NULL;
	}
	INIT(this,
		.public = {
			.get_spi = _get_spi,
			.add = _add,
			.query = _query,
			.del = _del,
			.flush = _flush,
			.get_name = _get_name,
			.move = _move,
			.find_expired = _find_expired,
			.destroy = _destroy,
		},
		.nl = nl,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.sas = hashtable_create(hash, equals, 32),
	);
	read_spi_range(this);
	return &this->public;
}
