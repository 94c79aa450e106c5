// SPDX-License-Identifier: GPL-2.0
#include "policies.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <daemon.h>
#include <errno.h>
#include <threading/mutex.h>

#include "support.h"

/**
 * struct policies - all policies of this charon
 * @public: interface
 * @nl: netlink handle, guarded by @mutex
 * @mutex: guards all members and what they hold
 * @policies: struct policy by their name
 */
struct policies {
	struct azvpn_policies public;
	struct azvpn_nl *nl;
	mutex_t *mutex;
	hashtable_t *policies;
};

/**
 * struct policy - a policy of the kernel
 * @name: what the kernel knows it by; other members are zero
 * @users: struct user, those on whose behalf it is there; the kernel has what the
 *	first one wants. In order of priority class, of those in one class the
 *	newest first.
 */
struct policy {
	struct azvpn_nl_policy name;
	linked_list_t *users;
};

/**
 * struct user - one CHILD_SA, trap or shunt that uses a policy
 * @type: protect or drop
 * @prio: priority class, the lowest number counts most
 * @reqid: of the CHILD_SA
 * @spi: SPI of its SA in the direction of the policy, 0 for a trap
 * @dst: destination of that SA
 */
struct user {
	policy_type_t type;
	policy_priority_t prio;
	uint32_t reqid;
	uint32_t spi;
	struct in_addr dst;
};

static u_int hash(const void *key)
{
	const struct azvpn_nl_policy *name = key;
	uint32_t words[] = {
		name->tunnel_id, name->direction, name->src.s_addr, name->src_prefix,
		name->dst.s_addr, name->dst_prefix,
	};

	return chunk_hash(chunk_from_thing(words));
}

static bool equals(const void *key, const void *other_key)
{
	const struct azvpn_nl_policy *a = key, *b = other_key;

	return a->tunnel_id == b->tunnel_id && a->direction == b->direction &&
	       a->src.s_addr == b->src.s_addr && a->src_prefix == b->src_prefix &&
	       a->dst.s_addr == b->dst.s_addr && a->dst_prefix == b->dst_prefix;
}

static struct policy *policy_create(const struct azvpn_nl_policy *name)
{
	struct policy *policy;

	INIT(policy,
		.name = *name,
		.users = linked_list_create(),
	);
	return policy;
}

static void policy_destroy(struct policy *policy)
{
	policy->users->destroy_function(policy->users, free);
	free(policy);
}

static struct user *first_user(struct policy *policy)
{
	struct user *user = NULL;

	policy->users->get_first(policy->users, (void **)&user);
	return user;
}

static struct user *user_create(kernel_ipsec_manage_policy_t *data)
{
	struct user *user;

	INIT(user,
		.type = data->type,
		.prio = data->prio,
		.reqid = data->sa->reqid,
		.spi = data->type == POLICY_IPSEC ? data->sa->esp.spi : 0,
	);
	return user;
}

/* The destination may have changed since, and says no more than the SPI */
static bool user_is(struct user *user, kernel_ipsec_manage_policy_t *data)
{
	return user->type == data->type && user->prio == data->prio &&
	       user->reqid == data->sa->reqid &&
	       user->spi == (data->type == POLICY_IPSEC ? data->sa->esp.spi : 0);
}

static void insert_user(struct policy *policy, struct user *user)
{
	enumerator_t *enumerator;
	struct user *current;

	enumerator = policy->users->create_enumerator(policy->users);
	while (enumerator->enumerate(enumerator, &current))
		if (current->prio >= user->prio)
			break;
	policy->users->insert_before(policy->users, enumerator, user);
	enumerator->destroy(enumerator);
}

static struct user *take_user(struct policy *policy, kernel_ipsec_manage_policy_t *data)
{
	struct user *user, *found = NULL;
	enumerator_t *enumerator;

	enumerator = policy->users->create_enumerator(policy->users);
	while (enumerator->enumerate(enumerator, &user)) {
		if (user_is(user, data)) {
			policy->users->remove_at(policy->users, enumerator);
			found = user;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/* What the kernel is to have on behalf of a user; inbound the reqid names the SAs */
static struct azvpn_nl_policy kernel_form(const struct policy *policy, const struct user *user)
{
	struct azvpn_nl_policy form = policy->name;

	form.action = user->type == POLICY_DROP ? AZVPN_POLICY_ACTION_DROP
						: AZVPN_POLICY_ACTION_PROTECT;
	form.reqid = user->reqid;
	if (form.direction == AZVPN_DIRECTION_OUT && user->spi) {
		form.sa_spi = user->spi;
		form.sa_dst = user->dst;
	}
	return form;
}

/*
 * Have the kernel do as the first user wants. An old policy is replaced even by
 * one that says the same, in case it went away with its device.
 */
static status_t install(struct policies *this, struct policy *policy, bool replace)
{
	struct azvpn_nl_policy form = kernel_form(policy, first_user(policy));

	return azvpn_nl_policy_add(this->nl, &form, replace) ? FAILED : SUCCESS;
}

static status_t add_user(struct policies *this, const struct azvpn_nl_policy *name,
			 struct user *user)
{
	struct policy *policy = this->policies->get(this->policies, name);
	bool fresh = !policy;

	if (fresh) {
		policy = policy_create(name);
		this->policies->put(this->policies, &policy->name, policy);
	}
	insert_user(policy, user);
	if (first_user(policy) != user || install(this, policy, !fresh) == SUCCESS)
		return SUCCESS;

	/* The kernel still has the old one, so shall we */
	policy->users->remove(policy->users, user, NULL);
	free(user);
	if (fresh) {
		this->policies->remove(this->policies, name);
		policy_destroy(policy);
	}
	return FAILED;
}

/*
 * Shunts of no tunnel. To let traffic pass takes no doing: azvpn sees only
 * what is routed into its devices. To drop it is beyond azvpn.
 */
static status_t add_shunt(kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data)
{
	if (data->type == POLICY_PASS)
		return SUCCESS;
	DBG1(DBG_KNL,
	     "policy %R === %R: mode = drop needs if_id_in and if_id_out, without use a firewall",
	     id->src_ts, id->dst_ts);
	return NOT_SUPPORTED;
}

/* The kernel does without policies for forwarded packets */
static bool is_forward(kernel_ipsec_policy_id_t *id)
{
	return id->dir == POLICY_FWD;
}

static bool is_shunt(kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data)
{
	return !id->if_id && data->type != POLICY_IPSEC;
}

METHOD(struct azvpn_policies, add, status_t, struct policies *this,
	kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data)
{
	struct azvpn_nl_policy name;
	struct user *user;
	status_t status;

	if (is_forward(id))
		return SUCCESS;
	if (is_shunt(id, data))
		return add_shunt(id, data);
	if (!azvpn_support_policy(id, data->type, FALSE, &name))
		return NOT_SUPPORTED;
	user = user_create(data);
	if (user->spi && !azvpn_support_host(data->dst, &user->dst)) {
		free(user);
		return NOT_SUPPORTED;
	}

	this->mutex->lock(this->mutex);
	status = add_user(this, &name, user);
	if (status != SUCCESS)
		DBG1(DBG_KNL, "unable to add policy %R === %R %N to tunnel %u: %s", id->src_ts,
		     id->dst_ts, policy_dir_names, id->dir, id->if_id, azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	return status;
}

static void remove_policy(struct policies *this, struct policy *policy)
{
	int ret = azvpn_nl_policy_del(this->nl, &policy->name);

	if (ret && ret != -ESRCH)
		DBG1(DBG_KNL, "unable to delete a policy of tunnel %u: %s",
		     policy->name.tunnel_id, azvpn_nl_error(this->nl));
	this->policies->remove(this->policies, &policy->name);
	policy_destroy(policy);
}

static status_t del_user(struct policies *this, struct policy *policy,
			 kernel_ipsec_manage_policy_t *data)
{
	struct user *old = first_user(policy), *user;
	status_t status = SUCCESS;

	user = take_user(policy, data);
	if (!user)
		return NOT_FOUND;
	if (!policy->users->get_count(policy->users)) {
		remove_policy(this, policy);
	} else if (user == old) {
		/*
		 * If the SA of the next user is gone, the kernel keeps the policy
		 * of the last one, which has no SA either: no packet leaks.
		 */
		status = install(this, policy, TRUE);
		if (status != SUCCESS)
			DBG1(DBG_KNL, "unable to hand a policy of tunnel %u on: %s",
			     policy->name.tunnel_id, azvpn_nl_error(this->nl));
	}
	free(user);
	return status;
}

METHOD(struct azvpn_policies, del, status_t, struct policies *this,
	kernel_ipsec_policy_id_t *id, kernel_ipsec_manage_policy_t *data)
{
	struct azvpn_nl_policy name;
	struct policy *policy;
	status_t status;

	if (is_forward(id) || is_shunt(id, data))
		return SUCCESS;
	if (!azvpn_support_policy(id, data->type, TRUE, &name))
		return NOT_SUPPORTED;
	this->mutex->lock(this->mutex);
	policy = this->policies->get(this->policies, &name);
	status = policy ? del_user(this, policy, data) : NOT_FOUND;
	this->mutex->unlock(this->mutex);
	return status;
}

METHOD(struct azvpn_policies, query, status_t, struct policies *this,
	kernel_ipsec_policy_id_t *id, time_t *use_time)
{
	struct azvpn_nl_policy policy;
	int ret;

	*use_time = 0;
	if (is_forward(id))
		return SUCCESS;
	if (!azvpn_support_policy(id, POLICY_IPSEC, TRUE, &policy))
		return NOT_SUPPORTED;
	this->mutex->lock(this->mutex);
	ret = azvpn_nl_policy_get(this->nl, &policy, &policy);
	if (ret)
		DBG2(DBG_KNL, "unable to query policy %R === %R %N: %s", id->src_ts, id->dst_ts,
		     policy_dir_names, id->dir, azvpn_nl_error(this->nl));
	this->mutex->unlock(this->mutex);
	if (ret)
		return ret == -ESRCH ? NOT_FOUND : FAILED;
	*use_time = policy.last_used;
	return SUCCESS;
}

static void move_users(struct policy *policy, const struct azvpn_nl_sa_update *update)
{
	enumerator_t *enumerator;
	struct user *user;

	enumerator = policy->users->create_enumerator(policy->users);
	while (enumerator->enumerate(enumerator, &user))
		if (user->spi == update->spi && user->dst.s_addr == update->dst.s_addr)
			user->dst = update->new_dst;
	enumerator->destroy(enumerator);
}

static void move_all_users(struct policies *this, const struct azvpn_nl_sa_update *update)
{
	enumerator_t *enumerator;
	struct policy *policy;

	enumerator = this->policies->create_enumerator(this->policies);
	while (enumerator->enumerate(enumerator, NULL, &policy))
		move_users(policy, update);
	enumerator->destroy(enumerator);
}

/* Under one lock, or a policy could be put back with the destination that is no more */
METHOD(struct azvpn_policies, move_sa, int, struct policies *this,
	const struct azvpn_nl_sa_update *update)
{
	int ret;

	this->mutex->lock(this->mutex);
	ret = azvpn_nl_sa_update(this->nl, update);
	if (ret)
		DBG1(DBG_KNL, "unable to move SA %.8x: %s", ntohl(update->spi),
		     azvpn_nl_error(this->nl));
	else
		move_all_users(this, update);
	this->mutex->unlock(this->mutex);
	return ret;
}

/* A policy whose SA is deleted stays, without it */
static bool lost_sa(struct policies *this, struct policy *policy)
{
	struct azvpn_nl_policy form = kernel_form(policy, first_user(policy)), is;

	return form.sa_spi && !azvpn_nl_policy_get(this->nl, &policy->name, &is) && !is.sa_spi;
}

METHOD(struct azvpn_policies, find_lost, void, struct policies *this, azvpn_lost_sa_fn fn)
{
	enumerator_t *enumerator;
	struct policy *policy;

	this->mutex->lock(this->mutex);
	enumerator = this->policies->create_enumerator(this->policies);
	while (enumerator->enumerate(enumerator, NULL, &policy))
		if (lost_sa(this, policy))
			fn(first_user(policy)->spi, first_user(policy)->dst);
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

static void forget_all(struct policies *this)
{
	enumerator_t *enumerator;
	struct policy *policy;

	enumerator = this->policies->create_enumerator(this->policies);
	while (enumerator->enumerate(enumerator, NULL, &policy)) {
		this->policies->remove_at(this->policies, enumerator);
		policy_destroy(policy);
	}
	enumerator->destroy(enumerator);
}

METHOD(struct azvpn_policies, flush, status_t, struct policies *this)
{
	int ret;

	this->mutex->lock(this->mutex);
	ret = azvpn_nl_policy_flush(this->nl, 0);
	if (ret)
		DBG1(DBG_KNL, "unable to delete all policies: %s", azvpn_nl_error(this->nl));
	else
		forget_all(this);
	this->mutex->unlock(this->mutex);
	return ret ? FAILED : SUCCESS;
}

METHOD(struct azvpn_policies, destroy, void, struct policies *this)
{
	forget_all(this);
	this->policies->destroy(this->policies);
	this->mutex->destroy(this->mutex);
	azvpn_nl_close(this->nl);
	free(this);
}

struct azvpn_policies *azvpn_policies_create(void)
{
	char error[AZVPN_NL_ERROR_SIZE];
	struct policies *this;
	struct azvpn_nl *nl;

	nl = azvpn_nl_open(NULL, error);
	if (!nl) {
		DBG1(DBG_KNL, "kernel-azvpn: %s", error);
		return NULL;
	}
	INIT(this,
		.public = {
			.add = _add,
			.query = _query,
			.del = _del,
			.flush = _flush,
			.move_sa = _move_sa,
			.find_lost = _find_lost,
			.destroy = _destroy,
		},
		.nl = nl,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.policies = hashtable_create(hash, equals, 32),
	);
	return &this->public;
}
