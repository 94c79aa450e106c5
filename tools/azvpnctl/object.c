// SPDX-License-Identifier: GPL-2.0
/* The commands that are the same for every kind of objects, by its table of fields. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "secret.h"
#include "status.h"

/* The fields that belong to an object's name and are given by options: that of its owner */
static bool names_owner(const struct azvpn_kind *kind, const struct azvpn_field *field)
{
	return field == azvpn_kind_owner_field(kind);
}

static bool can_change(const struct azvpn_field *field)
{
	return field->option && !(field->flags & (AZVPN_IDENTITY | AZVPN_FIXED));
}

/* Memory for an object, initialised; ends the program if there is none */
static void *new_object(const struct azvpn_kind *kind)
{
	void *object = malloc(kind->size);

	if (!object) {
		refuse("out of memory");
		exit(STATUS_REFUSED);
	}
	azvpn_object_init(object, kind);
	return object;
}

static void free_object(void *object)
{
	azvpn_object_clear(object);
	free(object);
}

/* The file is read before the store is locked: somebody may have to type the key */
static int take_file(const struct azvpn_field *field, const char *path, void *object,
		     struct azvpn_error *error)
{
	struct azvpn_key key;
	bool exposed;
	int ret;

	ret = azvpn_key_read(&key, path, &exposed, error);
	if (!ret && exposed)
		fprintf(stderr, "azvpnctl: warning: others than its owner may read %s\n", path);
	if (!ret)
		ret = azvpn_field_parse(field, object, key.text, path, error);
	azvpn_key_wipe(&key);
	return ret;
}

/* The value of an option, if it is given */
static int take_option(const struct args *args, const struct azvpn_field *field, void *object,
		       struct azvpn_error *error)
{
	const char *value = args_value(args, field->option);
	const struct list *list;
	char what[64];
	int ret = 0;
	size_t i;

	if (!value)
		return 0;
	azvpn_field_clear(field, object);
	snprintf(what, sizeof(what), "--%s", field->option);
	if (field->type->from_file)
		return take_file(field, value, object, error);
	if (field->type->shape != AZVPN_LIST)
		return azvpn_field_parse(field, object, value, what, error);
	list = args_list(args, field->option);
	for (i = 0; i < list->count && !ret; i++)
		ret = azvpn_field_parse(field, object, list->texts[i], what, error);
	return ret;
}

/* The name of the object that the command line is about, and of its owner */
static int take_identity(const struct args *args, void *object, struct azvpn_error *error)
{
	const struct azvpn_kind *kind = args->command->kind;
	const struct azvpn_field *owner = azvpn_kind_owner_field(kind);
	int ret;

	ret = azvpn_field_parse(azvpn_kind_name_field(kind), object, args->operand, "--name",
				error);
	if (!ret && owner)
		ret = take_option(args, owner, object, error);
	azvpn_object_identify(object);
	return ret;
}

/* An object with what the command line gives. Return: NULL with a message given. */
static void *take_object(const struct args *args, bool (*wanted)(const struct azvpn_field *field))
{
	const struct azvpn_kind *kind = args->command->kind;
	void *object = new_object(kind);
	const struct azvpn_field *field;
	struct azvpn_error error;
	int ret;

	ret = take_identity(args, object, &error);
	azvpn_each_field(field, kind)
		if (!ret && wanted(field) && !names_owner(kind, field))
			ret = take_option(args, field, object, &error);
	if (!ret)
		return object;
	refused(&error);
	free_object(object);
	return NULL;
}

static bool has_option(const struct azvpn_field *field)
{
	return field->option;
}

static bool is_nothing(const struct azvpn_field *field)
{
	(void)field;
	return false;
}

/* How connections are is asked only when it is to be shown: of one gateway, or of all */
static void ask_state(const struct azvpn_model *model, const struct azvpn_kind *kind,
		      const char *gateway)
{
	if (kind == &azvpn_connection_kind)
		azvpn_status_load(model, gateway);
}

static int show_one(const struct args *args, const struct azvpn_model *model, const char *id)
{
	const struct azvpn_kind *kind = args->command->kind;
	void *object = azvpn_model_find(model, kind, id);
	struct azvpn_print *print;
	struct azvpn_error error;

	if (!object) {
		azvpn_object_missing(kind, id, &error);
		return refused(&error);
	}
	if (kind == &azvpn_connection_kind)
		ask_state(model, kind, ((struct azvpn_connection *)object)->gateway);
	print = print_new(args, AZVPN_PRINT_OBJECT);
	print_object(print, model, object);
	return print_done(print);
}

static int show_saved(const struct args *args, const struct azvpn_object *object)
{
	struct azvpn_config config;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	status = show_one(args, &config.model, object->id);
	azvpn_config_close(&config);
	return status;
}

static int show(const struct args *args)
{
	void *object = take_object(args, is_nothing);
	int status;

	if (!object)
		return STATUS_REFUSED;
	status = show_saved(args, object);
	free_object(object);
	return status;
}

/* Whether an object names what the options of "list" want it to */
static bool is_wanted(const struct args *args, const void *object)
{
	const struct azvpn_field *field;
	char buf[AZVPN_VALUE_SIZE];
	const char *value;

	azvpn_each_field(field, args->command->kind) {
		value = field->target ? args_value(args, field->option) : NULL;
		if (value && strcmp(azvpn_field_format(field, object, 0, buf), value))
			return false;
	}
	return true;
}

/* A list of what belongs to something that is not there would be empty and say nothing */
static int check_filters(const struct args *args, const struct azvpn_model *model,
			 struct azvpn_error *error)
{
	const struct azvpn_field *field;
	const char *value;

	azvpn_each_field(field, args->command->kind) {
		value = field->target ? args_value(args, field->option) : NULL;
		if (value && !azvpn_model_find(model, field->target, value))
			return azvpn_object_missing(field->target, value, error);
	}
	return 0;
}

static int list(const struct args *args)
{
	const struct azvpn_kind *kind = args->command->kind;
	struct azvpn_print *print;
	struct azvpn_config config;
	struct azvpn_error error;
	void *object = NULL;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	if (check_filters(args, &config.model, &error)) {
		status = refused(&error);
	} else {
		if (kind == &azvpn_connection_kind)
			ask_state(&config.model, kind, args_value(args, "gateway"));
		print = print_new(args, AZVPN_PRINT_LIST);
		while ((object = azvpn_model_next(&config.model, kind, object)))
			if (is_wanted(args, object))
				print_object(print, &config.model, object);
		status = print_done(print);
	}
	azvpn_config_close(&config);
	return status;
}

static int put(struct azvpn_change *change, const struct args *args, void *data,
	       struct azvpn_error *error)
{
	(void)args;
	return azvpn_change_put(change, data, error);
}

/* Make the change with an object, which is freed, and show what became of it if JSON is wanted */
static int change_object(const struct args *args, void *object, change_fn fn)
{
	int status;

	if (!object)
		return STATUS_REFUSED;
	status = change_config(args, fn, object);
	if (!status && args->json)
		status = show_saved(args, object);
	free_object(object);
	return status;
}

static int create(const struct args *args)
{
	return change_object(args, take_object(args, has_option), put);
}

/* The object as it is, but for the fields that are given, which are those of @data */
static int put_given(struct azvpn_change *change, const struct args *args, void *data,
		     struct azvpn_error *error)
{
	const struct azvpn_object *given = data, *old;
	const struct azvpn_field *field;
	void *object;
	int ret;

	old = azvpn_model_find(&change->config.model, given->kind, given->id);
	if (!old)
		return azvpn_object_missing(given->kind, given->id, error);
	object = new_object(given->kind);
	ret = azvpn_object_copy(object, old);
	azvpn_each_field(field, given->kind) {
		if (ret || !can_change(field) || !args_value(args, field->option))
			continue;
		azvpn_field_clear(field, object);
		ret = azvpn_field_copy(field, object, given);
	}
	ret = ret ? azvpn_error_set(error, ret, "out of memory") :
		    azvpn_change_put(change, object, error);
	free_object(object);
	return ret;
}

static int update(const struct args *args)
{
	const struct azvpn_field *field;
	bool any = false;

	azvpn_each_field(field, args->command->kind)
		any |= can_change(field) && args_value(args, field->option);
	if (!any) {
		refuse("nothing is given that is to change");
		return STATUS_USAGE;
	}
	return change_object(args, take_object(args, can_change), put_given);
}

static int remove_object(struct azvpn_change *change, const struct args *args, void *data,
			 struct azvpn_error *error)
{
	const struct azvpn_object *object = data;

	(void)args;
	return azvpn_change_delete(change, object->kind, object->id, error);
}

static int delete(const struct args *args)
{
	void *object = take_object(args, is_nothing);
	int status;

	if (!object)
		return STATUS_REFUSED;
	status = change_config(args, remove_object, object);
	free_object(object);
	return status;
}

static const struct {
	const char *name;
	const char *operand;
	const char *summary;	/* with the kind's title */
	int (*run)(const struct args *args);
	bool changes;
} verbs[VERBS] = {
	[VERB_CREATE] = { "create", "NAME", "create a %s, or change it", create, true },
	[VERB_UPDATE] = { "update", "NAME", "change a %s", update, true },
	[VERB_SHOW] = { "show", "NAME", "show a %s", show, false },
	[VERB_LIST] = { "list", NULL, "list %ss", list, false },
	[VERB_DELETE] = { "delete", "NAME", "delete a %s", delete, true },
};

static void add_option(struct object_command *result, size_t *n, const struct azvpn_field *field,
		       bool required)
{
	if (*n == MAX_OPTIONS - 1)
		abort();	/* a mistake in the table */
	result->options[(*n)++] = (struct command_option){
		.name = field->option,
		.kind = field->type->shape == AZVPN_LIST ? OPTION_LIST : OPTION_VALUE,
		.required = required,
		.argument = field->type->argument,
		.help = field->help,
	};
}

/* Which fields of the kind are options of the verb, and whether they must be given */
static void add_fields(const struct azvpn_kind *kind, enum verb verb,
		       struct object_command *result, size_t *n)
{
	const struct azvpn_field *field;

	azvpn_each_field(field, kind) {
		if (!field->option)
			continue;
		if (verb == VERB_LIST ? field->target != NULL : verb == VERB_UPDATE && can_change(field))
			add_option(result, n, field, false);
		else if (verb == VERB_CREATE)
			add_option(result, n, field, field->flags & AZVPN_REQUIRED);
		else if (verb != VERB_LIST && names_owner(kind, field))
			add_option(result, n, field, true);
	}
}

static const char *details(const struct azvpn_kind *kind, enum verb verb)
{
	return verb == VERB_CREATE ? kind->create :
	       verb == VERB_UPDATE ? "What is not given stays as it is." :
	       verb == VERB_DELETE ? kind->delete : NULL;
}

bool object_command(const struct azvpn_kind *kind, enum verb verb, struct object_command *result)
{
	static const struct command_option no_apply = OPTION_NO_APPLY;
	const struct azvpn_field *field;
	bool useful = verb != VERB_UPDATE;
	size_t n = 0;

	azvpn_each_field(field, kind)
		useful |= can_change(field);
	if (!useful)
		return false;
	*result = (struct object_command){
		.command = {
			.name = verbs[verb].name,
			.operand = verbs[verb].operand,
			.options = result->options,
			.run = verbs[verb].run,
			.summary = result->summary,
			.details = details(kind, verb),
			.kind = kind,
		},
	};
	snprintf(result->summary, sizeof(result->summary), verbs[verb].summary, kind->title);
	add_fields(kind, verb, result, &n);
	if (verbs[verb].changes)
		result->options[n] = no_apply;
	return true;
}
