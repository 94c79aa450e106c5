# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by selftests/lib.sh and selftests/run: the kernel's log.

# What is not about the module: any module from outside the kernel tree causes
# the first when it is loaded; an emulated machine that had to wait for its host
# the next two; the netlink core says the others of attributes that nlfuzz and link-add
# have made too long or too short; netpoll that a tunnel refuses it; and the debug kernel the last
# where memory was made to fail.
dmesg_not_ours="loading out-of-tree module taints kernel|\
hrtimer: interrupt took|hpet: Lost [0-9]+ RTC interrupts|\
netlink: '(nlfuzz|link-add)': attribute type [0-9]+ has an invalid length|\
netpoll: netconsole: tun doesn't support polling, aborting|\
validate_nla: [0-9]+ callbacks suppressed|\
memory allocation failure, unreliable refcount tracker"

# dmesg_since MARK: kernel messages of level warning or worse after the line
# that holds MARK, without those above.
dmesg_since() {
	dmesg -x | awk -v mark="$1" -v not_ours="$dmesg_not_ours" '
		index($0, mark) { seen = 1; out = "" }
		seen && /^[a-z]+ *:(emerg|alert|crit|err|warn) *:/ && $0 !~ not_ours {
			out = out $0 "\n"
		}
		END { if (!seen) out = "the log has overflowed: " mark " is gone\n"; printf "%s", out }'
}
