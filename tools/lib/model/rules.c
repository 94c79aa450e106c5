// SPDX-License-Identifier: GPL-2.0
/* The rules that are the same for every kind, by its table of fields. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules_internal.h"

int azvpn_refuse(struct azvpn_error *error, const void *object, const char *field, int code,
		 const char *fmt, ...)
{
	const struct azvpn_object *head = object;
	va_list args;

	va_start(args, fmt);
	azvpn_error_vset(error, code, fmt, args);
	va_end(args);
	azvpn_error_about(error, head->kind->command, head->id, field);
	return code;
}

/* Names of the objects that refer to one, for the message; long lists are cut */
struct names {
	char text[256];
};

static void names_add(struct names *names, const char *name)
{
	size_t used = strlen(names->text);

	if (used + strlen(name) + sizeof(", ...") < sizeof(names->text))
		snprintf(names->text + used, sizeof(names->text) - used, "%s%s",
			 used ? ", " : "", name);
	else if (used < 4 || strcmp(names->text + used - 4, " ..."))
		strcpy(names->text + used, ", ...");
}

static int check_required(const struct azvpn_object *object, const struct azvpn_field *field,
			  struct azvpn_error *error)
{
	bool list = field->type->shape == AZVPN_LIST;

	if (!(field->flags & AZVPN_REQUIRED) || azvpn_field_count(field, object))
		return 0;
	return azvpn_refuse(error, object, field->json, -EINVAL,
			    "%s \"%s\" needs %s %s, such as --%s %s", object->kind->title,
			    object->id, list ? "at least one" : "a", field->type->noun,
			    field->option ? field->option : "name", field->type->example);
}

static int check_fixed(const struct azvpn_object *old, const struct azvpn_object *new,
		       const struct azvpn_field *field, struct azvpn_error *error)
{
	char buf[AZVPN_VALUE_SIZE];

	if (!(field->flags & AZVPN_FIXED) || azvpn_field_equal(field, old, new))
		return 0;
	return azvpn_refuse(error, new, field->json, -EEXIST,
			    "%s \"%s\" exists with --%s %s, which cannot change; delete it and create it again",
			    new->kind->title, new->id, field->option,
			    azvpn_field_count(field, old) ?
				    azvpn_field_format(field, old, 0, buf) : "(none)");
}

static int check_target(const struct azvpn_model *model, const struct azvpn_object *object,
			const struct azvpn_field *field, struct azvpn_error *error)
{
	char buf[AZVPN_VALUE_SIZE];
	const char *name;

	if (!field->target || !azvpn_field_count(field, object))
		return 0;
	name = azvpn_field_format(field, object, 0, buf);
	if (azvpn_model_find(model, field->target, name))
		return 0;
	return azvpn_refuse(error, object, field->json, -ENOENT, "there is no %s \"%s\"",
			    field->target->title, name);
}

int azvpn_rules_put(const struct azvpn_model *model, const void *object,
		    struct azvpn_error *error)
{
	const struct azvpn_object *head = object, *old;
	const struct azvpn_field *field;
	int ret = 0;

	old = azvpn_model_find(model, head->kind, head->id);
	azvpn_each_field(field, head->kind)
		if (!ret)
			ret = check_required(head, field, error);
	/* What cannot change need not be looked at for whether it is good */
	azvpn_each_field(field, head->kind)
		if (!ret && old)
			ret = check_fixed(old, head, field, error);
	azvpn_each_field(field, head->kind)
		if (!ret)
			ret = check_target(model, head, field, error);
	return ret ? ret : head->kind->check(model, object, error);
}

int azvpn_rules_delete(const struct azvpn_model *model, const void *object,
		       struct azvpn_error *error)
{
	const struct azvpn_object *head = object;
	const struct azvpn_kind *kind = NULL;
	const struct azvpn_ref *ref;
	struct names users = {};

	TAILQ_FOREACH(ref, &head->users, entry) {
		if (ref->user->kind->owner == head->kind || (kind && ref->user->kind != kind))
			continue;
		kind = ref->user->kind;
		names_add(&users, ref->user->id);
	}
	if (kind)
		return azvpn_refuse(error, object, NULL, -EBUSY,
				    "%s \"%s\" is in use by %s %s; delete that first",
				    head->kind->title, head->id, kind->title, users.text);
	return head->kind->check_delete ? head->kind->check_delete(model, object, error) : 0;
}

/* Azure's networks are IPv4, and so is what the gateway of 2017 routes to a site */
static int check_prefix(const void *object, const char *field, const struct azvpn_prefix *prefix,
			struct azvpn_error *error)
{
	const struct azvpn_object *head = object;
	const struct azvpn_prefix *range = azvpn_subnet_forbidden(prefix);
	char other[AZVPN_PREFIX_SIZE];

	if (prefix->addr.family != AF_INET)
		return AZVPN_REFUSE_PREFIX(error, object, field, prefix,
					   "prefix %s of %s \"%s\" is not IPv4; only IPv4 prefixes are accepted, such as 10.1.0.0/16",
					   head->kind->title, head->id);
	if (range)
		return AZVPN_REFUSE_PREFIX(error, object, field, prefix,
					   "prefix %s of %s \"%s\" overlaps %s, which is reserved",
					   head->kind->title, head->id,
					   azvpn_prefix_format(range, other));
	return 0;
}

int azvpn_check_prefixes(const void *object, const char *field,
			 const struct azvpn_prefixes *prefixes, struct azvpn_error *error)
{
	const struct azvpn_object *head = object;
	const struct azvpn_prefix *list = prefixes->list;
	char other[AZVPN_PREFIX_SIZE];
	size_t i, j;
	int ret;

	for (i = 0; i < prefixes->count; i++) {
		ret = check_prefix(object, field, &list[i], error);
		if (ret)
			return ret;
		for (j = 0; j < i; j++)
			if (azvpn_prefix_overlap(&list[i], &list[j]))
				return AZVPN_REFUSE_PREFIX(error, object, field, &list[i],
							   "prefix %s overlaps %s, both of %s \"%s\"; give each network once",
							   azvpn_prefix_format(&list[j], other),
							   head->kind->title, head->id);
	}
	return 0;
}

int azvpn_check_length(const void *object, const char *field, const struct azvpn_prefix *prefix,
		       struct azvpn_error *error)
{
	const struct azvpn_object *head = object;

	if (prefix->len >= AZVPN_SUBNET_MIN_LEN && prefix->len <= AZVPN_SUBNET_MAX_LEN)
		return 0;
	return AZVPN_REFUSE_PREFIX(error, object, field, prefix,
				   "prefix %s of %s \"%s\" is too %s; /%d to /%d are accepted",
				   head->kind->title, head->id,
				   prefix->len < AZVPN_SUBNET_MIN_LEN ? "big" : "small",
				   AZVPN_SUBNET_MIN_LEN, AZVPN_SUBNET_MAX_LEN);
}

int azvpn_check_public(const void *object, const char *field, const char *owner,
		       const struct azvpn_addr *addr, struct azvpn_error *error)
{
	const struct azvpn_object *head = object;
	const char *option = azvpn_kind_field(head->kind, field)->option;
	char text[AZVPN_ADDR_SIZE];

	azvpn_addr_format(addr, text);
	if (addr->family != AF_INET)
		return azvpn_refuse(error, object, field, -EAFNOSUPPORT,
				    "--%s: %s is not IPv4; tunnels run between IPv4 addresses only, such as 203.0.113.1",
				    option, text);
	if (!azvpn_addr_is_host(addr))
		return azvpn_refuse(error, object, field, -EINVAL,
				    "--%s: %s cannot be the address of a %s; give its public unicast address",
				    option, text, owner);
	return 0;
}

const struct azvpn_prefix *azvpn_find_address(const struct azvpn_prefixes *prefixes,
					      const struct azvpn_addr *addr)
{
	const struct azvpn_prefix host = azvpn_prefix_host(addr);

	return azvpn_prefixes_overlap(prefixes, &host);
}
