// SPDX-License-Identifier: GPL-2.0
/*
 * The charon plugin kernel-azvpn: gives charon the azvpn kernel module instead
 * of the kernel's own IPsec.
 *
 * It belongs into strongswan.conf as critical, "kernel-azvpn! { load = yes }".
 * Otherwise charon goes on with the kernel's own IPsec when this plugin fails.
 */
#include <daemon.h>
#include <plugins/plugin.h>

#include "ipsec.h"

struct plugin {
	plugin_t public;
};

METHOD(plugin_t, get_name, char *, struct plugin *this)
{
	return "kernel-azvpn";
}

METHOD(plugin_t, get_features, int, struct plugin *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK(kernel_ipsec_register, azvpn_ipsec_create),
			PLUGIN_PROVIDE(CUSTOM, "kernel-ipsec"),
	};

	*features = f;
	return countof(f);
}

METHOD(plugin_t, destroy, void, struct plugin *this)
{
	free(this);
}

/*
 * Asked here and not only when charon wants its interface to the kernel: now
 * this line is the reason that it gives for stopping, later it would have
 * started up half way, and with another plugin's interface, before it stops.
 */
static bool module_usable(void)
{
	char error[AZVPN_NL_ERROR_SIZE];
	struct azvpn_nl *nl;

	if (!lib->caps->keep(lib->caps, CAP_NET_ADMIN)) {
		DBG1(DBG_KNL, "kernel-azvpn: charon needs the capability CAP_NET_ADMIN");
		return FALSE;
	}
	nl = azvpn_nl_open(NULL, error);
	if (!nl)
		DBG1(DBG_KNL, "kernel-azvpn: %s", error);
	azvpn_nl_close(nl);
	return nl;
}

/* The symbols that charon looks for, since 6.0.3 the version, too */
plugin_t *kernel_azvpn_plugin_create(void) __attribute__((visibility("default")));
#ifdef CHARON_VERSION
extern const char *kernel_azvpn_plugin_version __attribute__((visibility("default")));

const char *kernel_azvpn_plugin_version = CHARON_VERSION;
#endif

plugin_t *kernel_azvpn_plugin_create(void)
{
	struct plugin *this;

	if (!module_usable())
		return NULL;
	INIT(this,
		.public = {
			.get_name = _get_name,
			.get_features = _get_features,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
