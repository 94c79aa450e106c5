// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading. */
#include <linux/module.h>

#include "crypto.h"
#include "device.h"
#include "net.h"
#include "netlink.h"
#include "receive.h"
#include "sa.h"

#if !IS_ENABLED(CONFIG_IPV6)
#error "azvpn carries IPv6 and is carried by it: it needs a kernel with CONFIG_IPV6"
#endif

#ifndef CONFIG_64BIT
#error "azvpn reads 64-bit sequence numbers without a lock: it needs a 64-bit kernel"
#endif

/*
 * What users can reach comes last and goes first: requests, then devices, with
 * which all SAs go; then no packet can find an SA, and the handler is removed.
 */
static int __init azvpn_init(void)
{
	int err;

	err = azvpn_crypto_init();
	if (err)
		return err;
	err = azvpn_sa_init();
	if (err)
		goto exit_crypto;
	err = azvpn_net_init();
	if (err)
		goto exit_sa;
	err = azvpn_receive_init();
	if (err)
		goto exit_net;
	err = azvpn_device_init();
	if (err)
		goto exit_receive;
	err = azvpn_netlink_init();
	if (err)
		goto exit_device;
	return 0;

exit_device:
	azvpn_device_exit();
exit_receive:
	azvpn_receive_exit();
exit_net:
	azvpn_net_exit();
exit_sa:
	azvpn_sa_exit();
exit_crypto:
	azvpn_crypto_exit();
	return err;
}

static void __exit azvpn_exit(void)
{
	azvpn_netlink_exit();
	azvpn_device_exit();
	azvpn_receive_exit();
	azvpn_net_exit();
	azvpn_sa_exit();
	azvpn_crypto_exit();
}

module_init(azvpn_init);
module_exit(azvpn_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ESP data path of the azvpn gateway");
MODULE_VERSION("0.1");
MODULE_SOFTDEP("pre: gcm aesni_intel");
