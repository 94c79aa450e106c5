// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "rules.h"

#define FORMAT	"azvpn"
#define VERSION	1

static json_t *prefix_list(const struct azvpn_prefixes *prefixes)
{
	char text[AZVPN_PREFIX_SIZE];
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < prefixes->count; i++)
		json_array_append_new(list,
				      json_string(azvpn_prefix_format(&prefixes->list[i], text)));
	return list;
}

static json_t *export_vnet(const struct azvpn_model *model, const struct azvpn_vnet *vnet)
{
	const struct azvpn_subnet *subnet;
	char text[AZVPN_PREFIX_SIZE];
	json_t *subnets = json_array();

	TAILQ_FOREACH(subnet, &model->subnets, entry)
		if (!strcmp(subnet->vnet, vnet->name))
			json_array_append_new(subnets,
					      json_pack("{s:s, s:s}", "name", subnet->name,
							"addressPrefix",
							azvpn_prefix_format(&subnet->prefix,
									    text)));
	return json_pack("{s:s, s:{s:o}, s:o}", "name", vnet->name, "addressSpace",
			 "addressPrefixes", prefix_list(&vnet->prefixes), "subnets", subnets);
}

static json_t *export_gateway(const struct azvpn_gateway *gateway)
{
	char addr[AZVPN_ADDR_SIZE];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "name", gateway->name,
			 "gatewayType", "Vpn", "vpnType", AZVPN_ROUTE_BASED,
			 "vnet", gateway->vnet, "publicIpAddress",
			 azvpn_addr_format(gateway->public_ip, addr),
			 "netns", *gateway->netns ? gateway->netns : NULL);
}

static json_t *export_local_gateway(const struct azvpn_local_gateway *local)
{
	char addr[AZVPN_ADDR_SIZE];

	return json_pack("{s:s, s:s, s:{s:o}}", "name", local->name, "gatewayIpAddress",
			 azvpn_addr_format(local->gateway_ip, addr), "localNetworkAddressSpace",
			 "addressPrefixes", prefix_list(&local->prefixes));
}

static json_t *export_connection(const struct azvpn_connection *connection, bool with_keys)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s*}", "name", connection->name,
			 "connectionType", "IPsec", "gateway", connection->gateway,
			 "localGateway", connection->local_gateway,
			 "tunnelId", (json_int_t)connection->tunnel_id,
			 "sharedKey", with_keys ? connection->key.text : NULL);
}

json_t *azvpn_document_export(const struct azvpn_model *model, bool with_keys)
{
	json_t *vnets = json_array(), *gateways = json_array();
	json_t *locals = json_array(), *connections = json_array();
	const struct azvpn_connection *connection;
	const struct azvpn_local_gateway *local;
	const struct azvpn_gateway *gateway;
	const struct azvpn_vnet *vnet;
	int bad = 0;

	TAILQ_FOREACH(vnet, &model->vnets, entry)
		bad |= json_array_append_new(vnets, export_vnet(model, vnet));
	TAILQ_FOREACH(gateway, &model->gateways, entry)
		bad |= json_array_append_new(gateways, export_gateway(gateway));
	TAILQ_FOREACH(local, &model->local_gateways, entry)
		bad |= json_array_append_new(locals, export_local_gateway(local));
	TAILQ_FOREACH(connection, &model->connections, entry)
		bad |= json_array_append_new(connections,
					     export_connection(connection, with_keys));
	if (bad) {
		json_decref(vnets);
		json_decref(gateways);
		json_decref(locals);
		json_decref(connections);
		return NULL;
	}
	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "format", FORMAT, "version", VERSION,
			 "vnets", vnets, "gateways", gateways, "localGateways", locals,
			 "connections", connections);
}

/* jansson says which key is missing or of the wrong type, we say of which object */
static int malformed(const char *what, size_t index, const json_error_t *reason,
		     struct azvpn_error *error)
{
	return azvpn_error_set(error, -EINVAL, "%s number %zu of the document: %s", what,
			       index + 1, reason->text);
}

static int bad_prefixes(const char *owner, struct azvpn_error *error)
{
	return azvpn_error_set(error, -EINVAL,
			       "%s: addressPrefixes must be a list of strings such as \"10.1.0.0/16\"",
			       owner);
}

static int import_prefixes(const char *owner, json_t *list, struct azvpn_prefixes *prefixes,
			   struct azvpn_error *error)
{
	struct azvpn_prefix prefix;
	json_t *item;
	size_t i;
	int ret;

	if (!json_is_array(list))
		return bad_prefixes(owner, error);
	json_array_foreach(list, i, item) {
		if (!json_is_string(item))
			return bad_prefixes(owner, error);
		ret = azvpn_prefix_parse(json_string_value(item), owner, &prefix, error);
		if (ret)
			return ret;
		if (azvpn_prefixes_add(prefixes, &prefix))
			return azvpn_error_set(error, -ENOMEM, "out of memory");
	}
	return 0;
}

static int import_subnet(struct azvpn_config *config, const char *vnet, json_t *item,
			 size_t index, struct azvpn_error *error)
{
	struct azvpn_subnet subnet = {};
	const char *name, *prefix;
	json_error_t reason;
	int ret;

	if (json_unpack_ex(item, &reason, 0, "{s:s, s:s !}", "name", &name, "addressPrefix",
			   &prefix))
		return malformed("subnet", index, &reason, error);
	if (azvpn_subnet_find(&config->model, vnet, name))
		return azvpn_error_set(error, -EEXIST,
				       "the document has two subnets \"%s\" of VNet \"%s\"", name,
				       vnet);
	snprintf(subnet.vnet, sizeof(subnet.vnet), "%s", vnet);
	ret = azvpn_name_parse(name, "subnet", subnet.name, error);
	if (!ret)
		ret = azvpn_prefix_parse(prefix, name, &subnet.prefix, error);
	return ret ? ret : azvpn_config_put_subnet(config, &subnet, error);
}

static int import_vnet(struct azvpn_config *config, json_t *item, size_t index,
		       struct azvpn_error *error)
{
	json_t *prefixes, *subnets = NULL, *subnet;
	struct azvpn_vnet vnet = {};
	json_error_t reason;
	const char *name;
	size_t i;
	int ret;

	if (json_unpack_ex(item, &reason, 0, "{s:s, s:{s:o !}, s?:o !}", "name", &name,
			   "addressSpace", "addressPrefixes", &prefixes, "subnets", &subnets))
		return malformed("VNet", index, &reason, error);
	if (subnets && !json_is_array(subnets))
		return azvpn_error_set(error, -EINVAL, "%s: subnets must be a list", name);
	if (azvpn_vnet_find(&config->model, name))
		return azvpn_error_set(error, -EEXIST, "the document has two VNets \"%s\"", name);
	ret = azvpn_name_parse(name, "VNet", vnet.name, error);
	if (!ret)
		ret = import_prefixes(name, prefixes, &vnet.prefixes, error);
	if (!ret)
		ret = azvpn_config_put_vnet(config, &vnet, error);
	azvpn_prefixes_clear(&vnet.prefixes);
	json_array_foreach(subnets, i, subnet) {
		if (ret)
			break;
		ret = import_subnet(config, name, subnet, i, error);
	}
	return ret;
}

static int import_gateway(struct azvpn_config *config, json_t *item, size_t index,
			  struct azvpn_error *error)
{
	const char *name, *type = "Vpn", *vpn_type = AZVPN_ROUTE_BASED, *vnet, *ip, *netns = "";
	struct azvpn_gateway gateway = {};
	json_error_t reason;
	int ret;

	if (json_unpack_ex(item, &reason, 0, "{s:s, s?:s, s?:s, s:s, s:s, s?:s !}",
			   "name", &name, "gatewayType", &type, "vpnType", &vpn_type,
			   "vnet", &vnet, "publicIpAddress", &ip, "netns", &netns))
		return malformed("gateway", index, &reason, error);
	if (strcmp(type, "Vpn"))
		return azvpn_error_set(error, -EOPNOTSUPP,
				       "gateway \"%s\": gatewayType \"%s\" is not available; Vpn is accepted",
				       name, type);
	if (azvpn_gateway_find(&config->model, name))
		return azvpn_error_set(error, -EEXIST, "the document has two gateways \"%s\"",
				       name);
	ret = azvpn_rules_vpn_type(vpn_type, error);
	if (!ret)
		ret = azvpn_name_parse(name, "gateway", gateway.name, error);
	if (!ret)
		ret = azvpn_name_parse(vnet, name, gateway.vnet, error);
	if (!ret)
		ret = azvpn_addr_parse(ip, name, &gateway.public_ip, error);
	if (!ret && *netns)
		ret = azvpn_netns_parse(netns, gateway.netns, error);
	return ret ? ret : azvpn_config_put_gateway(config, &gateway, error);
}

static int import_local_gateway(struct azvpn_config *config, json_t *item, size_t index,
				struct azvpn_error *error)
{
	struct azvpn_local_gateway local = {};
	const char *name, *ip;
	json_error_t reason;
	json_t *prefixes;
	int ret;

	if (json_unpack_ex(item, &reason, 0, "{s:s, s:s, s:{s:o !} !}", "name", &name,
			   "gatewayIpAddress", &ip, "localNetworkAddressSpace",
			   "addressPrefixes", &prefixes))
		return malformed("local gateway", index, &reason, error);
	if (azvpn_local_gateway_find(&config->model, name))
		return azvpn_error_set(error, -EEXIST,
				       "the document has two local gateways \"%s\"", name);
	ret = azvpn_name_parse(name, "local gateway", local.name, error);
	if (!ret)
		ret = azvpn_addr_parse(ip, name, &local.gateway_ip, error);
	if (!ret)
		ret = import_prefixes(name, prefixes, &local.prefixes, error);
	if (!ret)
		ret = azvpn_config_put_local_gateway(config, &local, error);
	azvpn_prefixes_clear(&local.prefixes);
	return ret;
}

/* The key of the document; the same key as before keeps its tag, so that charon keeps it */
static int import_key(const struct azvpn_model *old, const char *text,
		      struct azvpn_connection *connection, struct azvpn_error *error)
{
	const struct azvpn_connection *before = azvpn_connection_find(old, connection->name);

	if (!text && !before)
		return azvpn_error_set(error, -ENOKEY,
				       "connection \"%s\": the document has no sharedKey for it and it has none here; export with --with-keys, or create it first",
				       connection->name);
	if (before && (!text || !strcmp(text, before->key.text))) {
		connection->key = before->key;
		return 0;
	}
	return azvpn_key_set(&connection->key, text, strlen(text), error);
}

/* Where the document leaves the id to us: the one there was, or else the lowest free one (0) */
static uint32_t former_id(const struct azvpn_config *config, const struct azvpn_model *old,
			  const struct azvpn_connection *connection)
{
	const struct azvpn_connection *before = azvpn_connection_find(old, connection->name);

	if (!before || strcmp(before->gateway, connection->gateway) ||
	    azvpn_tunnel_id_taken(&config->model, connection->gateway, before->tunnel_id))
		return 0;
	return before->tunnel_id;
}

static int import_connection(struct azvpn_config *config, const struct azvpn_model *old,
			     json_t *item, size_t index, struct azvpn_error *error)
{
	const char *name, *type = "IPsec", *gateway, *local, *key = NULL;
	struct azvpn_connection connection = {};
	json_int_t id = 0;
	json_error_t reason;
	int ret;

	if (json_unpack_ex(item, &reason, 0, "{s:s, s?:s, s:s, s:s, s?:I, s?:s !}", "name", &name,
			   "connectionType", &type, "gateway", &gateway, "localGateway", &local,
			   "tunnelId", &id, "sharedKey", &key))
		return malformed("connection", index, &reason, error);
	if (strcmp(type, "IPsec"))
		return azvpn_error_set(error, -EOPNOTSUPP,
				       "connection \"%s\": connectionType \"%s\" is not available; IPsec is accepted",
				       name, type);
	if (id < 0 || id > AZVPN_TUNNEL_ID_MAX)
		return azvpn_error_set(error, -ERANGE,
				       "connection \"%s\": tunnelId %lld; 1 to %d is accepted",
				       name, (long long)id, AZVPN_TUNNEL_ID_MAX);
	if (azvpn_connection_find(&config->model, name))
		return azvpn_error_set(error, -EEXIST, "the document has two connections \"%s\"",
				       name);
	connection.tunnel_id = id;
	ret = azvpn_name_parse(name, "connection", connection.name, error);
	if (!ret)
		ret = azvpn_name_parse(gateway, name, connection.gateway, error);
	if (!ret)
		ret = azvpn_name_parse(local, name, connection.local_gateway, error);
	if (!ret && !id)
		connection.tunnel_id = former_id(config, old, &connection);
	if (!ret)
		ret = import_key(old, key, &connection, error);
	if (!ret)
		ret = azvpn_config_put_connection(config, &connection, error);
	azvpn_key_wipe(&connection.key);
	return ret;
}

static int import_all(struct azvpn_config *config, const struct azvpn_model *old,
		      json_t *document, struct azvpn_error *error)
{
	json_t *vnets, *gateways, *locals, *connections, *item;
	json_error_t reason;
	const char *format;
	int version, ret = 0;
	size_t i;

	if (json_unpack_ex(document, &reason, 0, "{s:s, s:i, s:o, s:o, s:o, s:o !}",
			   "format", &format, "version", &version, "vnets", &vnets,
			   "gateways", &gateways, "localGateways", &locals,
			   "connections", &connections))
		return azvpn_error_set(error, -EINVAL, "the document: %s", reason.text);
	if (!json_is_array(vnets) || !json_is_array(gateways) || !json_is_array(locals) ||
	    !json_is_array(connections))
		return azvpn_error_set(error, -EINVAL,
				       "the document: vnets, gateways, localGateways and connections must be lists");
	if (strcmp(format, FORMAT) || version != VERSION)
		return azvpn_error_set(error, -EPROTO,
				       "the document has format \"%s\" version %d; \"%s\" version %d is accepted",
				       format, version, FORMAT, VERSION);
	json_array_foreach(vnets, i, item)
		if (!ret)
			ret = import_vnet(config, item, i, error);
	json_array_foreach(gateways, i, item)
		if (!ret)
			ret = import_gateway(config, item, i, error);
	json_array_foreach(locals, i, item)
		if (!ret)
			ret = import_local_gateway(config, item, i, error);
	/* Ids that the document gives are not free to the others */
	json_array_foreach(connections, i, item)
		if (!ret && json_object_get(item, "tunnelId"))
			ret = import_connection(config, old, item, i, error);
	json_array_foreach(connections, i, item)
		if (!ret && !json_object_get(item, "tunnelId"))
			ret = import_connection(config, old, item, i, error);
	return ret;
}

int azvpn_document_import(struct azvpn_config *config, json_t *document,
			  struct azvpn_error *error)
{
	struct azvpn_model old;
	int ret;

	/* The keys there are now are wanted after everything is deleted */
	azvpn_model_init(&old);
	ret = azvpn_store_load(config->store, &old, error);
	if (!ret)
		ret = azvpn_config_clear(config, error);
	if (!ret)
		ret = import_all(config, &old, document, error);
	azvpn_model_clear(&old);
	return ret;
}
