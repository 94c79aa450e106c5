// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <libvici.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "path.h"
#include "vici.h"

#define TERMINATE_MS	"2000"
#define ANSWER_SECONDS	10

struct azvpn_vici {
	vici_conn_t *conn;
	const char *socket;
};

/* libvici does not write to the strings it takes */
static char *mutable(const char *text)
{
	union {
		const char *in;
		char *out;
	} cast = { text };

	return cast.out;
}

static int failed(struct azvpn_vici *vici, const char *command, const char *reason,
		  struct azvpn_error *error)
{
	return azvpn_error_set(error, -EIO, "charon at %s: %s: %s", vici->socket, command,
			       reason);
}

/*
 * Return: a connected socket, or a negative errno. -ETIMEDOUT: somebody listens
 * and takes no connection, so that those of before fill the queue.
 */
static int connect_to(const char *path)
{
	const struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, ret;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	ret = errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(fd);
	return ret;
}

/* Read @size bytes. Return: 0 or a negative errno, -ETIMEDOUT after ANSWER_SECONDS. */
static int take(int fd, void *buf, size_t size)
{
	ssize_t got = recv(fd, buf, size, MSG_WAITALL);

	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return (size_t)got == size ? 0 : -ECONNRESET;
}

/* Whole, or else charon would log the end of the connection as an error */
static int take_answer(int fd)
{
	uint32_t length, size;
	char part[256];
	int ret;

	ret = take(fd, &length, sizeof(length));
	for (length = ret ? 0 : ntohl(length); !ret && length; length -= size) {
		size = length < sizeof(part) ? length : sizeof(part);
		ret = take(fd, part, size);
	}
	return ret;
}

/*
 * A request for charon's version, to see whether anything comes back: libvici
 * waits for ever for a charon that hangs.
 */
static int ping(const char *socket)
{
	/* Length of the rest, type of message, length of the name, name */
	static const char request[] = "\0\0\0\x09" "\0" "\x07" "version";
	int fd, ret;

	fd = connect_to(socket);
	if (fd < 0)
		return fd;
	ret = send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0 ? -errno : take_answer(fd);
	close(fd);
	return ret;
}

int azvpn_vici_open(const char *socket, struct azvpn_vici **result, struct azvpn_error *error)
{
	static bool initialized;
	struct azvpn_vici *vici;
	char uri[256];
	int ret;

	ret = ping(socket);
	if (ret == -ETIMEDOUT)
		return azvpn_error_set(error, ret, "charon at %s does not answer", socket);
	if (ret)
		return azvpn_error_set(error, ret, "charon at %s: %s", socket, strerror(-ret));
	if (!initialized) {
		/* Else libvici would take settings from the system's strongswan.conf */
		setenv("STRONGSWAN_CONF", "", 1);
		vici_init();
		initialized = true;
	}
	vici = calloc(1, sizeof(*vici));
	if (!vici)
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	snprintf(uri, sizeof(uri), "unix://%s", socket);
	vici->socket = socket;
	vici->conn = vici_connect(uri);
	if (!vici->conn) {
		free(vici);
		return azvpn_error_set(error, -errno, "charon at %s: %s", socket, strerror(errno));
	}
	*result = vici;
	return 0;
}

void azvpn_vici_close(struct azvpn_vici *vici)
{
	if (!vici)
		return;
	vici_disconnect(vici->conn);
	free(vici);
}

int azvpn_vici_peer(const char *path, char process[AZVPN_PROCESS_SIZE])
{
	struct ucred peer = {};
	socklen_t size = sizeof(peer);
	int fd, ret;

	fd = connect_to(path);
	if (fd < 0)
		return fd;
	ret = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) ? -errno : peer.pid;
	close(fd);
	if (ret > 0)
		azvpn_process_name(peer.pid, process);
	return ret;
}

/* Put a JSON object's members into a request */
static void put_members(vici_req_t *request, const json_t *object)
{
	json_t *value, *item;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)object, key, value) {
		if (json_is_object(value)) {
			vici_begin_section(request, mutable(key));
			put_members(request, value);
			vici_end_section(request);
		} else if (json_is_array(value)) {
			vici_begin_list(request, mutable(key));
			json_array_foreach(value, i, item)
				vici_add_list_itemf(request, "%s", json_string_value(item));
			vici_end_list(request);
		} else {
			vici_add_key_valuef(request, mutable(key), "%s",
					    json_string_value(value));
		}
	}
}

/* Gather what follows in a message up to the end of the section */
static json_t *get_members(vici_res_t *message)
{
	json_t *object = json_object(), *list = NULL;

	for (;;) {
		switch (vici_parse(message)) {
		case VICI_PARSE_BEGIN_SECTION: {
			const char *name = vici_parse_name(message);

			json_object_set_new(object, name, get_members(message));
			break;
		}
		case VICI_PARSE_BEGIN_LIST:
			list = json_array();
			json_object_set_new(object, vici_parse_name(message), list);
			break;
		case VICI_PARSE_LIST_ITEM:
			json_array_append_new(list, json_string(vici_parse_value_str(message)));
			break;
		case VICI_PARSE_KEY_VALUE:
			json_object_set_new(object, vici_parse_name(message),
					    json_string(vici_parse_value_str(message)));
			break;
		case VICI_PARSE_END_LIST:
			break;
		default:
			return object;
		}
	}
}

/* Return: the answer, a new reference, or NULL */
static json_t *submit(struct azvpn_vici *vici, const char *command, vici_req_t *request,
		      struct azvpn_error *error)
{
	vici_res_t *response = vici_submit(request, vici->conn);
	json_t *answer;

	if (!response) {
		failed(vici, command, strerror(errno), error);
		return NULL;
	}
	answer = get_members(response);
	vici_free_res(response);
	return answer;
}

/* For commands that answer "success" and a reason if not */
static int command(struct azvpn_vici *vici, const char *name, vici_req_t *request,
		   struct azvpn_error *error)
{
	json_t *answer = submit(vici, name, request, error);
	const char *success = "no", *reason = "no reason given";
	int ret = 0;

	if (!answer)
		return -EIO;
	json_unpack(answer, "{s?:s, s?:s}", "success", &success, "errmsg", &reason);
	if (strcmp(success, "yes"))
		ret = failed(vici, name, reason, error);
	json_decref(answer);
	return ret;
}

int azvpn_vici_load(struct azvpn_vici *vici, const char *name, const json_t *definition,
		    struct azvpn_error *error)
{
	vici_req_t *request = vici_begin("load-conn");

	vici_begin_section(request, mutable(name));
	put_members(request, definition);
	vici_end_section(request);
	return command(vici, "load-conn", request, error);
}

/* For requests with one parameter */
static int command_with(struct azvpn_vici *vici, const char *name, const char *key,
			const char *value, struct azvpn_error *error)
{
	vici_req_t *request = vici_begin(mutable(name));

	vici_add_key_valuef(request, mutable(key), "%s", value);
	return command(vici, name, request, error);
}

int azvpn_vici_unload(struct azvpn_vici *vici, const char *name, struct azvpn_error *error)
{
	return command_with(vici, "unload-conn", "name", name, error);
}

int azvpn_vici_key_load(struct azvpn_vici *vici, const char *id, const struct azvpn_key *key,
			const struct azvpn_addr *local, const struct azvpn_addr *remote,
			struct azvpn_error *error)
{
	vici_req_t *request = vici_begin("load-shared");
	char addr[AZVPN_ADDR_SIZE];

	vici_add_key_valuef(request, "id", "%s", id);
	vici_add_key_valuef(request, "type", "IKE");
	vici_add_key_value(request, "data", mutable(key->text), strlen(key->text));
	vici_begin_list(request, "owners");
	vici_add_list_itemf(request, "%s", azvpn_addr_format(local, addr));
	vici_add_list_itemf(request, "%s", azvpn_addr_format(remote, addr));
	vici_end_list(request);
	return command(vici, "load-shared", request, error);
}

int azvpn_vici_key_unload(struct azvpn_vici *vici, const char *id, struct azvpn_error *error)
{
	return command_with(vici, "unload-shared", "id", id, error);
}

int azvpn_vici_initiate(struct azvpn_vici *vici, const char *name, struct azvpn_error *error)
{
	vici_req_t *request = vici_begin("initiate");

	vici_add_key_valuef(request, "ike", "%s", name);
	vici_add_key_valuef(request, "child", "%s", name);
	vici_add_key_valuef(request, "timeout", "-1");
	return command(vici, "initiate", request, error);
}

int azvpn_vici_terminate(struct azvpn_vici *vici, const char *name, struct azvpn_error *error)
{
	vici_req_t *request = vici_begin("terminate");
	json_t *answer;

	vici_add_key_valuef(request, "ike", "%s", name);
	vici_add_key_valuef(request, "force", "yes");
	vici_add_key_valuef(request, "timeout", TERMINATE_MS);
	/* That there was none to end is no failure */
	answer = submit(vici, "terminate", request, error);
	json_decref(answer);
	return answer ? 0 : -EIO;
}

/* For requests that answer with one list. Return: a new reference, or NULL. */
static json_t *names(struct azvpn_vici *vici, const char *name, const char *key,
		     struct azvpn_error *error)
{
	json_t *answer = submit(vici, name, vici_begin(mutable(name)), error), *list;

	if (!answer)
		return NULL;
	list = json_incref(json_object_get(answer, key));
	json_decref(answer);
	if (!list)
		failed(vici, name, "the answer has no list", error);
	return list;
}

json_t *azvpn_vici_connections(struct azvpn_vici *vici, struct azvpn_error *error)
{
	return names(vici, "get-conns", "conns", error);
}

json_t *azvpn_vici_keys(struct azvpn_vici *vici, struct azvpn_error *error)
{
	return names(vici, "get-shared", "keys", error);
}

/* Runs in a thread of libvici, but always before the answer to the request is given */
static void on_sa(void *data, char *name, vici_res_t *message)
{
	(void)name;
	json_array_append_new(data, get_members(message));
}

json_t *azvpn_vici_sas(struct azvpn_vici *vici, struct azvpn_error *error)
{
	json_t *sas = json_array(), *answer;

	if (vici_register(vici->conn, "list-sa", on_sa, sas)) {
		failed(vici, "list-sas", strerror(errno), error);
		json_decref(sas);
		return NULL;
	}
	answer = submit(vici, "list-sas", vici_begin("list-sas"), error);
	vici_register(vici->conn, "list-sa", NULL, NULL);
	if (!answer) {
		json_decref(sas);
		return NULL;
	}
	json_decref(answer);
	return sas;
}
