# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by selftests/lib.sh and selftests/run: the kernel's log.

# dmesg_since MARK: kernel messages of level warning or worse after the line
# that holds MARK, without the one that any module from outside the kernel tree
# causes when it is first loaded.
dmesg_since() {
	dmesg -x | awk -v mark="$1" '
		index($0, mark) { seen = 1; out = "" }
		seen && /^[a-z]+ *:(emerg|alert|crit|err|warn) *:/ &&
			!/loading out-of-tree module taints kernel/ { out = out $0 "\n" }
		END { if (!seen) out = "the log has overflowed: " mark " is gone\n"; printf "%s", out }'
}
