// SPDX-License-Identifier: GPL-2.0
#include "kernel.h"

static int print_tunnel(const struct azvpn_nl_tunnel *tunnel, void *data)
{
	struct azvpn_print *print = data;

	azvpn_print_record(print);
	azvpn_print_number(print, "id", "Id", tunnel->id);
	azvpn_print_string(print, "device", "Device", tunnel->ifname);
	azvpn_print_bool(print, "carrier", "Carrier", tunnel->carrier);
	azvpn_print_number(print, "sas", "SAs", tunnel->sas);
	azvpn_print_number(print, "policies", "Policies", tunnel->policies);
	azvpn_print_number(print, "rxPackets", "RxPackets", tunnel->rx_packets);
	azvpn_print_number(print, "rxBytes", "RxBytes", tunnel->rx_bytes);
	azvpn_print_number(print, "txPackets", "TxPackets", tunnel->tx_packets);
	azvpn_print_number(print, "txBytes", "TxBytes", tunnel->tx_bytes);
	kernel_print_drops(print, tunnel->drops);
	kernel_print_last_drop(print, &tunnel->last_drop);
	return 0;
}

static int list(struct azvpn_nl *nl, struct azvpn_print *print)
{
	return azvpn_nl_tunnel_dump(nl, print_tunnel, print);
}

static int tunnel_list(const struct args *args)
{
	return kernel_list(args, list);
}

const struct command tunnel_commands[] = {
	{
		.name = "list",
		.options = kernel_options, .run = tunnel_list,
		.summary = "list the tunnels of the kernel module",
		.details = "In text, columns of drop counters and the last packet dropped appear\n"
			   "once there is something to show.",
	},
	{}
};
