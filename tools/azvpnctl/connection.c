// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "cmd.h"
#include "connection.h"
#include "status.h"

#define MASK	"********"

static void print_connection(struct azvpn_print *print, const struct azvpn_model *model,
			     const struct azvpn_connection *connection,
			     const struct azvpn_gateway_view *view)
{
	const struct azvpn_local_gateway *local;
	struct azvpn_status status;
	char device[24];

	local = azvpn_local_gateway_find(model, connection->local_gateway);
	azvpn_status_get(view, connection, &status);
	snprintf(device, sizeof(device), "azvpn%u", connection->tunnel_id);
	azvpn_print_record(print);
	azvpn_print_string(print, "name", "Name", connection->name);
	azvpn_print_string(print, "connectionType", NULL, "IPsec");
	azvpn_print_string(print, "gateway", "Gateway", connection->gateway);
	azvpn_print_string(print, "localGateway", "LocalGateway", connection->local_gateway);
	azvpn_print_addr(print, "gatewayIpAddress", "GatewayIpAddress", local->gateway_ip);
	azvpn_print_string(print, "device", "Device", device);
	azvpn_print_number(print, "tunnelId", NULL, connection->tunnel_id);
	azvpn_print_string(print, "sharedKey", NULL, MASK);
	azvpn_print_string(print, "connectionStatus", "ConnectionStatus", status.text);
	azvpn_print_number(print, "ingressBytesTransferred", "IngressBytesTransferred",
			   status.ingress);
	azvpn_print_number(print, "egressBytesTransferred", "EgressBytesTransferred",
			   status.egress);
	azvpn_print_number(print, "ikeEstablishedSeconds", NULL, status.seconds);
}

void print_gateway_connections(struct query *query, const struct azvpn_gateway *gateway,
			       const char *name)
{
	const struct azvpn_connection *connection = NULL;
	struct azvpn_gateway_view view;

	azvpn_gateway_view_open(gateway, &view);
	while ((connection = azvpn_gateway_connection(query->model, gateway->name, connection)))
		if (!name || !strcmp(connection->name, name))
			print_connection(query->print, query->model, connection, &view);
	azvpn_gateway_view_close(&view);
}

static int show(struct query *query)
{
	const char *name = query->args->operand;
	const struct azvpn_connection *connection = azvpn_connection_find(query->model, name);

	if (!connection)
		return azvpn_config_missing("connection", name, query->error);
	print_gateway_connections(query, azvpn_gateway_find(query->model, connection->gateway),
				  name);
	return 0;
}

static int list(struct query *query)
{
	const char *wanted = args_value(query->args, "gateway");
	const struct azvpn_gateway *gateway;

	TAILQ_FOREACH(gateway, &query->model->gateways, entry)
		if (!wanted || !strcmp(gateway->name, wanted))
			print_gateway_connections(query, gateway, NULL);
	return 0;
}

int read_key(const struct args *args, struct azvpn_key *key, struct azvpn_error *error)
{
	const char *path = args_value(args, "shared-key-file");
	bool exposed;
	int ret;

	ret = azvpn_key_read(key, path, &exposed, error);
	if (!ret && exposed)
		fprintf(stderr, "azvpnctl: warning: others than its owner may read %s\n", path);
	return ret;
}

/* With the key in change->data */
static int put(struct change *change)
{
	struct azvpn_connection connection = { .key = *(struct azvpn_key *)change->data };
	const struct args *args = change->args;
	int ret;

	ret = azvpn_name_parse(args->operand, "--name", connection.name, &change->error);
	if (!ret)
		ret = azvpn_name_parse(args_value(args, "gateway"), "--gateway",
				       connection.gateway, &change->error);
	if (!ret)
		ret = azvpn_name_parse(args_value(args, "local-gateway"), "--local-gateway",
				       connection.local_gateway, &change->error);
	if (!ret)
		ret = azvpn_config_put_connection(&change->config, &connection, &change->error);
	memcpy(change->scope.gateway, connection.gateway, sizeof(change->scope.gateway));
	azvpn_key_wipe(&connection.key);
	return ret;
}

static int create(const struct args *args)
{
	struct azvpn_error error;
	struct azvpn_key key = {};
	int status;

	/* Before the store is locked: somebody may have to type it */
	if (args_value(args, "shared-key-file") && read_key(args, &key, &error))
		return refused(&error);
	status = change_config(args, put, &key);
	azvpn_key_wipe(&key);
	return status;
}

static int delete(struct change *change)
{
	const char *name = change->args->operand;
	const struct azvpn_connection *connection;

	connection = azvpn_connection_find(&change->config.model, name);
	if (connection)
		memcpy(change->scope.gateway, connection->gateway, sizeof(change->scope.gateway));
	return azvpn_config_delete_connection(&change->config, name, &change->error);
}

static const struct command_option create_options[] = {
	{ "gateway", OPTION_VALUE, true, "NAME", "the gateway at this end" },
	{ "local-gateway", OPTION_VALUE, true, "NAME", "the local network gateway at the other" },
	{ "shared-key-file", OPTION_VALUE, false, "FILE",
	  "has the pre-shared key; - is standard input" },
	OPTION_NO_APPLY,
	OPTION_END
};

static const struct command_option list_options[] = {
	{ "gateway", OPTION_VALUE, false, "NAME", "only those of this gateway" },
	OPTION_END
};

static const struct command_option delete_options[] = { OPTION_NO_APPLY, OPTION_END };

const struct command connection_commands[] = {
	{
		.name = "create", .operand = "NAME",
		.options = create_options, .run = create, .query = show,
		.summary = "join a gateway and a local network gateway",
		.details = "Without --shared-key-file a new connection gets a random key of 32 letters and\n"
			   "digits, which \"azvpnctl connection shared-key show\" tells. A connection that is\n"
			   "there already keeps its key, or takes that of the file.",
	},
	{
		.name = "show", .operand = "NAME",
		.query = show,
		.summary = "show a connection and how it is",
	},
	{
		.name = "list",
		.options = list_options, .query = list,
		.summary = "list connections",
	},
	{
		.name = "delete", .operand = "NAME",
		.options = delete_options, .change = delete,
		.summary = "end a connection and delete it",
	},
	{
		.name = "shared-key show", .operand = "NAME",
		.query = shared_key_show,
		.summary = "tell the pre-shared key",
	},
	{
		.name = "shared-key set", .operand = "NAME",
		.options = shared_key_set_options, .run = shared_key_set,
		.summary = "replace the pre-shared key by one of your own",
		.details = "1 to 128 letters and digits. A tunnel that is up stays up; the key counts from the\n"
			   "next negotiation on.",
	},
	{
		.name = "shared-key reset", .operand = "NAME",
		.options = shared_key_reset_options, .run = shared_key_reset,
		.summary = "replace the pre-shared key by a random one",
		.details = "\"azvpnctl connection shared-key show\" then tells it. A tunnel that is up stays up;\n"
			   "the key counts from the next negotiation on.",
	},
	{}
};
