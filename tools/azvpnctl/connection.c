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

void print_gateway_connections(struct azvpn_print *print, const struct azvpn_model *model,
			       const struct azvpn_gateway *gateway, const char *name)
{
	const struct azvpn_connection *connection = NULL;
	struct azvpn_gateway_view view;

	azvpn_gateway_view_open(gateway, &view);
	while ((connection = azvpn_gateway_connection(model, gateway->name, connection)))
		if (!name || !strcmp(connection->name, name))
			print_connection(print, model, connection, &view);
	azvpn_gateway_view_close(&view);
}

static int connection_show(const struct args *args)
{
	const struct azvpn_connection *connection;
	struct azvpn_config config;
	struct azvpn_error error;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	connection = azvpn_connection_find(&config.model, args->operand);
	if (connection) {
		print = print_new(args, AZVPN_PRINT_OBJECT);
		print_gateway_connections(print, &config.model,
					  azvpn_gateway_find(&config.model, connection->gateway),
					  connection->name);
		status = print_done(print);
	} else {
		azvpn_config_missing("connection", args->operand, &error);
		status = refused(&error);
	}
	azvpn_config_close(&config);
	return status;
}

static int connection_list(const struct args *args)
{
	const char *wanted = args_value(args, "gateway");
	struct azvpn_gateway *gateway;
	struct azvpn_config config;
	struct azvpn_print *print;
	int status;

	status = open_to_read(&config);
	if (status)
		return status;
	print = print_new(args, AZVPN_PRINT_LIST);
	TAILQ_FOREACH(gateway, &config.model.gateways, entry)
		if (!wanted || !strcmp(gateway->name, wanted))
			print_gateway_connections(print, &config.model, gateway, NULL);
	azvpn_config_close(&config);
	return print_done(print);
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

static int connection_create(const struct args *args)
{
	const struct scope scope = { .gateway = args_value(args, "gateway") };
	struct azvpn_connection connection = {};
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret = 0;

	/* Before the store is locked: somebody may have to type it */
	if (args_value(args, "shared-key-file"))
		ret = read_key(args, &connection.key, &error);
	if (ret)
		return refused(&error);
	status = open_to_write(&config);
	if (status)
		goto out;
	ret = azvpn_name_parse(args->operand, "--name", connection.name, &error);
	if (!ret)
		ret = azvpn_name_parse(args_value(args, "gateway"), "--gateway",
				       connection.gateway, &error);
	if (!ret)
		ret = azvpn_name_parse(args_value(args, "local-gateway"), "--local-gateway",
				       connection.local_gateway, &error);
	if (!ret)
		ret = azvpn_config_put_connection(&config, &connection, &error);
	status = change_end(args, &config, ret, &error, &scope);
out:
	azvpn_key_wipe(&connection.key);
	return status || !args->json ? status : connection_show(args);
}

static int connection_delete(const struct args *args)
{
	const struct azvpn_connection *connection;
	char gateway[AZVPN_NAME_SIZE] = "";
	const struct scope scope = { .gateway = gateway };
	struct azvpn_config config;
	struct azvpn_error error;
	int status, ret;

	status = open_to_write(&config);
	if (status)
		return status;
	connection = azvpn_connection_find(&config.model, args->operand);
	if (connection)
		memcpy(gateway, connection->gateway, sizeof(gateway));
	ret = azvpn_config_delete_connection(&config, args->operand, &error);
	return change_end(args, &config, ret, &error, &scope);
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
	{ "create", "NAME", create_options, connection_create,
	  "join a gateway and a local network gateway",
	  "Without --shared-key-file a new connection gets a random key of 32 letters and\n"
	  "digits, which \"azvpnctl connection shared-key show\" tells. A connection that is\n"
	  "there already keeps its key, or takes that of the file." },
	{ "show", "NAME", NULL, connection_show, "show a connection and how it is", NULL },
	{ "list", NULL, list_options, connection_list, "list connections", NULL },
	{ "delete", "NAME", delete_options, connection_delete,
	  "end a connection and delete it", NULL },
	{ "shared-key show", "NAME", NULL, shared_key_show, "tell the pre-shared key", NULL },
	{ "shared-key set", "NAME", shared_key_set_options, shared_key_set,
	  "replace the pre-shared key by one of your own",
	  "1 to 128 letters and digits. A tunnel that is up stays up; the key counts from the\n"
	  "next negotiation on." },
	{ "shared-key reset", "NAME", shared_key_reset_options, shared_key_reset,
	  "replace the pre-shared key by a random one",
	  "\"azvpnctl connection shared-key show\" then tells it. A tunnel that is up stays up;\n"
	  "the key counts from the next negotiation on." },
	{}
};
