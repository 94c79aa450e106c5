// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applied.h"
#include "path.h"

#define FILE_NAME	"applied.json"

static int file_path(const struct azvpn_ike *ike, char path[AZVPN_IKE_PATH_SIZE],
		     struct azvpn_error *error)
{
	return azvpn_path(path, AZVPN_IKE_PATH_SIZE, ike->dir, FILE_NAME, NULL, error);
}

int azvpn_applied_load(const struct azvpn_ike *ike, const char *process,
		       struct azvpn_applied *applied, struct azvpn_error *error)
{
	const char *netns = "", *charon = "";
	char path[AZVPN_IKE_PATH_SIZE];
	json_t *connections = NULL, *root;
	int ret;

	*applied = (struct azvpn_applied){};
	ret = file_path(ike, path, error);
	if (ret)
		return ret;
	/* Absent or damaged: everything is looked at anew, which does no harm */
	root = json_load_file(path, 0, NULL);
	if (root && !json_unpack(root, "{s:s, s:s, s:o}", "netns", &netns, "charon", &charon,
				 "connections", &connections)) {
		applied->known = true;
		snprintf(applied->netns, sizeof(applied->netns), "%s", netns);
		if (!strcmp(charon, process) && json_is_object(connections))
			applied->connections = json_incref(connections);
	}
	json_decref(root);
	if (!applied->connections)
		applied->connections = json_object();
	return applied->connections ? 0 : azvpn_error_set(error, -ENOMEM, "out of memory");
}

int azvpn_applied_save(const struct azvpn_ike *ike, const char *process,
		       const struct azvpn_applied *applied, struct azvpn_error *error)
{
	char path[AZVPN_IKE_PATH_SIZE], *text;
	json_free_t json_free;
	json_t *root;
	int ret;

	ret = file_path(ike, path, error);
	if (ret)
		return ret;
	root = json_pack("{s:s, s:s, s:O}", "netns", applied->netns, "charon", process,
			 "connections", applied->connections);
	text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	json_decref(root);
	if (!text)
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	ret = azvpn_file_replace(path, text, strlen(text), error);
	json_get_alloc_funcs(NULL, &json_free);
	json_free(text);
	return ret;
}

void azvpn_applied_clear(struct azvpn_applied *applied)
{
	json_decref(applied->connections);
	*applied = (struct azvpn_applied){};
}

bool azvpn_applied_has_definition(const struct azvpn_applied *applied, const char *name,
				  const json_t *definition)
{
	json_t *entry = json_object_get(applied->connections, name);

	return json_equal(json_object_get(entry, "definition"), definition);
}

bool azvpn_applied_has_key(const struct azvpn_applied *applied, const char *name,
			   const char *tag)
{
	json_t *entry = json_object_get(applied->connections, name);
	const char *loaded = json_string_value(json_object_get(entry, "keyTag"));

	return loaded && !strcmp(loaded, tag);
}

bool azvpn_applied_has_device(const struct azvpn_applied *applied, const char *name, int index)
{
	json_t *entry = json_object_get(applied->connections, name);

	return json_integer_value(json_object_get(entry, "deviceIndex")) == index;
}

static json_t *entry_of(struct azvpn_applied *applied, const char *name)
{
	json_t *entry = json_object_get(applied->connections, name);

	if (entry)
		return entry;
	entry = json_object();
	/* The reference goes to the object; json_object_set_new() takes NULL as a failure */
	return json_object_set_new(applied->connections, name, entry) ? NULL : entry;
}

int azvpn_applied_note_key(struct azvpn_applied *applied, const char *name, const char *tag)
{
	json_t *entry = entry_of(applied, name);

	return entry && !json_object_set_new(entry, "keyTag", json_string(tag)) ? 0 : -ENOMEM;
}

int azvpn_applied_note_definition(struct azvpn_applied *applied, const char *name,
				  json_t *definition)
{
	json_t *entry = entry_of(applied, name);

	return entry && !json_object_set(entry, "definition", definition) ? 0 : -ENOMEM;
}

int azvpn_applied_note_device(struct azvpn_applied *applied, const char *name, int index)
{
	json_t *entry = entry_of(applied, name);

	return entry && !json_object_set_new(entry, "deviceIndex", json_integer(index)) ?
	       0 : -ENOMEM;
}

void azvpn_applied_remove(const struct azvpn_ike *ike)
{
	char path[AZVPN_IKE_PATH_SIZE + sizeof(".1")];

	unlink(ike->config);
	unlink(ike->log);
	snprintf(path, sizeof(path), "%s.1", ike->log);
	unlink(path);
	unlink(ike->pid);
	unlink(ike->socket);
	if (!file_path(ike, path, NULL))
		unlink(path);
	rmdir(ike->dir);
}
