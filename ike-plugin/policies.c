// SPDX-License-Identifier: GPL-2.0
#include "policies.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <daemon.h>
#include <errno.h>
#include <threading/mutex.h>

#include "address.h"
#include "support.h"

/*
 * The kernel's priorities are charon's classes. Within a class the kernel itself
 * prefers the policy with the narrowest selectors, which is what charon expects,
 * so a trap is in one class with the policies of SAs: the trap for a host goes
 * before the SA for its network. What is configured as priority is meant to go
 * before or between the classes, and these are where strongSwan has them.
 */
enum {
	PRIORITY_PASS		= 200000,
	PRIORITY_PROTECT	= 400000,
	PRIORITY_FALLBACK	= 600000,
};

/**
 * struct policies - all policies of this charon
 * @public: interface
 * @nl: netlink handle, guarded by @mutex
 * @mutex: guards all members and what they hold; taken before that of @sas
 * @sas: knows the names of SAs
 * @policies: struct policy by their name
 */
struct policies {
	struct azvpn_policies public;
	struct azvpn_nl *nl;
	mutex_t *mutex;
	struct azvpn_sas *sas;
	hashtable_t *policies;
};

/**
 * struct policy - a policy of the kernel
 * @name: what the kernel knows it by; other members are zero
 * @users: struct user, those on whose behalf it is there, in order of priority;
 *	of those with one priority the newest first
 * @served: the one whose wish the kernel has, the first one unless its SA is gone;
 *	NULL if all are gone
 */
struct policy {
	struct azvpn_nl_policy name;
	linked_list_t *users;
	struct user *served;
};

/**
 * struct user - one CHILD_SA, trap or shunt that uses a policy
 * @type: protect or drop
 * @prio: charon's priority class
 * @priority: the kernel's priority; the lowest number counts most, as of @prio
 * @reqid: of the CHILD_SA
 * @spi: SPI of its SA in the direction of the policy, 0 for a trap
 * @sa: outbound the name of that SA
 */
struct user {
	policy_type_t type;
	policy_priority_t prio;
	uint32_t priority;
	uint32_t reqid;
	uint32_t spi;
	struct azvpn_nl_sa_name sa;
};

static u_int hash(const void *key)
{
	const struct azvpn_nl_policy *name = key;
	const struct azvpn_nl_selector *selector = &name->selector;
	uint32_t numbers[] = {
		name->tunnel_id, name->direction, selector->src_prefix, selector->dst_prefix,
		selector->protocol, selector->src_port_min, selector->src_port_max,
		selector->dst_port_min, selector->dst_port_max,
	};

	return chunk_hash_inc(chunk_from_thing(selector->src.bytes),
			      chunk_hash_inc(chunk_from_thing(selector->dst.bytes),
					     chunk_hash(chunk_from_thing(numbers))));
}

static bool same_selector(const struct azvpn_nl_selector *a, const struct azvpn_nl_selector *b)
{
	return azvpn_same_addr(&a->src, &b->src) && a->src_prefix == b->src_prefix &&
	       azvpn_same_addr(&a->dst, &b->dst) && a->dst_prefix == b->dst_prefix &&
	       a->protocol == b->protocol &&
	       a->src_port_min == b->src_port_min && a->src_port_max == b->src_port_max &&
	       a->dst_port_min == b->dst_port_min && a->dst_port_max == b->dst_port_max;
}

static bool equals(const void *key, const void *other_key)
{
	const struct azvpn_nl_policy *a = key, *b = other_key;

	return a->tunnel_id == b->tunnel_id && a->direction == b->direction &&
	       same_selector(&a->selector, &b->selector);
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

static uint32_t priority_of(kernel_ipsec_manage_policy_t *data)
{
	if (data->manual_prio)
		return data->manual_prio;
	switch (data->prio) {
	case POLICY_PRIORITY_PASS:
		return PRIORITY_PASS;
	case POLICY_PRIORITY_FALLBACK:
		return PRIORITY_FALLBACK;
	default:
		return PRIORITY_PROTECT;
	}
}

static struct user *user_create(kernel_ipsec_manage_policy_t *data)
{
	struct user *user;

	INIT(user,
		.type = data->type,
		.prio = data->prio,
		.priority = priority_of(data),
		.reqid = data->sa->reqid,
		.spi = data->type == POLICY_IPSEC ? data->sa->esp.spi : 0,
	);
	return user;
}

/* The destination may have changed since, and says no more than the SPI */
static bool user_is(struct user *user, kernel_ipsec_manage_policy_t *data)
{
	return user->type == data->type && user->prio == data->prio &&
	       user->priority == priority_of(data) && user->reqid == data->sa->reqid &&
	       user->spi == (data->type == POLICY_IPSEC ? data->sa->esp.spi : 0);
}

/* Whether @b counts more than @a, or as much and is the newer one */
static bool is_behind(const struct user *a, const struct user *b)
{
	return a->priority > b->priority || (a->priority == b->priority && a->prio >= b->prio);
}

static void insert_user(struct policy *policy, struct user *user)
{
	enumerator_t *enumerator;
	struct user *current;

	enumerator = policy->users->create_enumerator(policy->users);
	while (enumerator->enumerate(enumerator, &current))
		if (is_behind(current, user))
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

	form.priority = user->priority;
	form.action = user->type == POLICY_DROP ? AZVPN_POLICY_ACTION_DROP
						: AZVPN_POLICY_ACTION_PROTECT;
	form.reqid = user->reqid;
	form.sa = user->sa;
	return form;
}

/*
 * Have the kernel do as a user wants. An old policy is replaced even by one that
 * says the same, in case it went away with its device.
 */
static int serve(struct policies *this, struct policy *policy, struct user *user, bool replace)
{
	struct azvpn_nl_policy form = kernel_form(policy, user);
	int ret;

	ret = azvpn_nl_policy_add(this->nl, &form, replace);
	if (!ret)
		policy->served = user;
	return ret;
}

/*
 * Serve the first user whose SA the kernel still has. If there is none the kernel
 * keeps the policy as it is, which loses its SA when charon deletes that: no
 * packet leaks.
 */
static int serve_next(struct policies *this, struct policy *policy)
{
	enumerator_t *enumerator;
	struct user *user;
	int ret = -ESRCH;

	policy->served = NULL;
	enumerator = policy->users->create_enumerator(policy->users);
	while (ret == -ESRCH && enumerator->enumerate(enumerator, &user))
		ret = serve(this, policy, user, TRUE);
	enumerator->destroy(enumerator);
	if (ret)
		DBG1(DBG_KNL, "unable to hand a policy of tunnel %u on: %s",
		     policy->name.tunnel_id, azvpn_nl_error(this->nl));
	return ret;
}

/* A user counts if it comes before the one that is served */
static bool counts(const struct policy *policy, const struct user *user)
{
	enumerator_t *enumerator;
	struct user *current = NULL;

	enumerator = policy->users->create_enumerator(policy->users);
	while (enumerator->enumerate(enumerator, &current))
		if (current == user || current == policy->served)
			break;
	enumerator->destroy(enumerator);
	return current == user;
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
	if (!counts(policy, user) || !serve(this, policy, user, !fresh))
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

	this->mutex->lock(this->mutex);
	/* Under the lock, or the SA could move on before its policy is known */
	if (user->spi && id->dir == POLICY_OUT)
		user->sa = this->sas->get_name(this->sas, user->spi, data->dst);
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
	struct user *user = take_user(policy, data);
	int ret = 0;

	if (!user)
		return NOT_FOUND;
	if (!policy->users->get_count(policy->users))
		remove_policy(this, policy);
	else if (user == policy->served || !policy->served)
		ret = serve_next(this, policy);
	free(user);
	return ret ? FAILED : SUCCESS;
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

static void move_users(struct policy *policy, const struct azvpn_nl_sa_name *from,
		       const struct azvpn_nl_sa_name *to)
{
	enumerator_t *enumerator;
	struct user *user;

	enumerator = policy->users->create_enumerator(policy->users);
	while (enumerator->enumerate(enumerator, &user))
		if (azvpn_same_sa(&user->sa, from))
			user->sa = *to;
	enumerator->destroy(enumerator);
}

static void move_all_users(struct policies *this, const struct azvpn_nl_sa_name *from,
			   const struct azvpn_nl_sa_name *to)
{
	enumerator_t *enumerator;
	struct policy *policy;

	enumerator = this->policies->create_enumerator(this->policies);
	while (enumerator->enumerate(enumerator, NULL, &policy))
		move_users(policy, from, to);
	enumerator->destroy(enumerator);
}

/* Under one lock, or a policy could be put back with the destination that is no more */
METHOD(struct azvpn_policies, move_sa, int, struct policies *this,
	const struct azvpn_nl_sa_update *update)
{
	struct azvpn_nl_sa_name moved;
	int ret;

	this->mutex->lock(this->mutex);
	ret = this->sas->move(this->sas, update, &moved);
	if (!ret)
		move_all_users(this, &update->name, &moved);
	this->mutex->unlock(this->mutex);
	return ret;
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

struct azvpn_policies *azvpn_policies_create(struct azvpn_sas *sas)
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
			.destroy = _destroy,
		},
		.nl = nl,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.sas = sas,
		.policies = hashtable_create(hash, equals, 32),
	);
	return &this->public;
}
