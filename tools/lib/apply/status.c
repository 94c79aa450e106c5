// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "ike.h"
#include "status.h"
#include "vici.h"

static json_t *ask_charon(const struct azvpn_gateway *gateway)
{
	char process[AZVPN_PROCESS_SIZE];
	struct azvpn_vici *vici;
	struct azvpn_ike ike;
	json_t *sas;

	if (azvpn_ike_init(&ike, gateway->name, NULL) || !azvpn_ike_running(&ike, process) ||
	    azvpn_vici_open(ike.socket, &vici, NULL))
		return NULL;
	sas = azvpn_vici_sas(vici, NULL);
	azvpn_vici_close(vici);
	return sas;
}

void azvpn_gateway_view_open(const struct azvpn_gateway *gateway,
			     struct azvpn_gateway_view *view)
{
	struct azvpn_rtnl rtnl;

	*view = (struct azvpn_gateway_view){ .sas = ask_charon(gateway) };
	if (azvpn_rtnl_open(&rtnl, gateway->netns, NULL))
		return;
	azvpn_devices_load(&rtnl, &view->devices, NULL);
	azvpn_rtnl_close(&rtnl);
}

void azvpn_gateway_view_close(struct azvpn_gateway_view *view)
{
	json_decref(view->sas);
	azvpn_devices_clear(&view->devices);
}

static bool is_one_of(const json_t *value, const char *const *texts)
{
	const char *text = json_string_value(value);

	for (; text && *texts; texts++)
		if (!strcmp(text, *texts))
			return true;
	return false;
}

/* A child that carries packets, be it during its last seconds */
static bool has_child(const json_t *ike_sa)
{
	static const char *const states[] = {
		"INSTALLED", "UPDATING", "REKEYING", "REKEYED", NULL
	};
	const char *key;
	json_t *child;

	json_object_foreach(json_object_get(ike_sa, "child-sas"), key, child)
		if (is_one_of(json_object_get(child, "state"), states))
			return true;
	return false;
}

/* Look through the connection's IKE SAs: during a rekey, or after both ends began, several */
static void look_at_sas(const json_t *sas, const char *name, bool *any, bool *connected,
			uint64_t *seconds)
{
	const char *established;
	json_t *item, *sa;
	uint64_t age;
	size_t i;

	json_array_foreach(sas, i, item) {
		sa = json_object_get(item, name);
		if (!sa)
			continue;
		*any = true;
		established = json_string_value(json_object_get(sa, "established"));
		age = established ? strtoull(established, NULL, 10) : 0;
		if (has_child(sa)) {
			*connected = true;
			*seconds = age > *seconds ? age : *seconds;
		}
	}
}

void azvpn_status_get(const struct azvpn_gateway_view *view,
		      struct azvpn_connection *connection)
{
	struct azvpn_connection_state *state = &connection->state;
	const struct azvpn_device *device;
	bool any = false, connected = false;

	strcpy(state->status, "Unknown");
	device = azvpn_devices_find(&view->devices, connection->tunnel_id);
	if (device) {
		state->ingress = device->rx_bytes;
		state->egress = device->tx_bytes;
	}
	/* Each namespace has one device at least */
	if (!view->sas || !view->devices.count)
		return;
	look_at_sas(view->sas, connection->name, &any, &connected, &state->seconds);
	if (connected && device && device->ready)
		strcpy(state->status, "Connected");
	else if (any && !connected && !(device && device->ups))
		strcpy(state->status, "Connecting");
	else
		strcpy(state->status, "NotConnected");
}

void azvpn_status_load(const struct azvpn_model *model, const char *wanted)
{
	const struct azvpn_gateway *gateway = NULL;
	struct azvpn_connection *connection = NULL;
	struct azvpn_gateway_view view;

	while ((gateway = azvpn_model_next(model, &azvpn_gateway_kind, gateway))) {
		if (wanted && strcmp(gateway->name, wanted))
			continue;
		azvpn_gateway_view_open(gateway, &view);
		while ((connection = azvpn_gateway_connection(gateway, connection)))
			azvpn_status_get(&view, connection);
		azvpn_gateway_view_close(&view);
	}
}
