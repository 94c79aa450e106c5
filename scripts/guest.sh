# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after common.sh by vm and uml: what a guest is given and gives back.

# guest_config: the settings of build/config.mk as variables of the shell, and
# KVER and VM_KERNEL, the kernel to boot.
guest_config() {
	local key value

	[ -f "$AZVPN_BUILD/config.mk" ] || die "set-up has not run: run \`make setup\`"
	while read -r key _ value; do
		[ "$key" = "#" ] || declare -g "$key=$value"
	done < "$AZVPN_BUILD/config.mk"
	KERNEL=${KERNEL:-6.1}
	VM_KERNEL=$(cached "kernel-$KERNEL.") || die "there is no kernel $KERNEL: run \`make setup\`"
	# shellcheck disable=SC2034 # the module is in a folder of that name
	KVER=${VM_KERNEL##*/kernel-}
	# shellcheck disable=SC2034 # vm and uml put them over the root
	GUEST_LAYERS=("$GUEST_TOOLS" "$STRONGSWAN_ROOT" "$LIBRESWAN_ROOT" "$VM_KERNEL/root")
}

# guest_prepare OUT STOP MODULE COMMAND...: leave in OUT what guest-init runs.
guest_prepare() {
	local out=$1 stop=$2 module=$3

	shift 3
	mkdir -p "$out"
	exec {guest_lock}> "$out/.lock"
	flock -n "$guest_lock" || { say "waiting for another run in $out" >&2; flock "$guest_lock"; }
	rm -f "$out"/{status,status.part,interactive,console.log,emulator.log}
	echo "$stop" > "$out/stop"
	cp "$AZVPN_TOP/scripts/guest-init" "$out/init"
	chmod +x "$out/init"
	{
		printf 'export AZVPN_TOP=%q AZVPN_BUILD=%q AZVPN_KO=%q\n' \
			"$AZVPN_TOP" "$AZVPN_BUILD" "$module"
		printf 'export IP_LIB_DIR=%q TERM=%q AZVPN_SLOWNESS=%q\n' \
			"$AZVPN_BUILD/lib/ip" "${TERM:-dumb}" "${AZVPN_SLOWNESS:-1}"
		# what makes a topic run the whole of its matrix
		printf 'export ESP_MATRIX=%q\n' "${ESP_MATRIX:-}"
		# where modules of the debug kernel are, which has none in /lib/modules
		printf 'export AZVPN_MODULES=%q\n' "${kernel:+$kernel/build}"
		# shellcheck disable=SC2016 # expanded in the guest
		printf 'PATH=%q:"$PATH"\n' "$AZVPN_BUILD/bin"
		printf 'cp -f %q/lib/ipsec/plugins/*.so /usr/lib/ipsec/plugins/ 2> /dev/null\n' "$AZVPN_BUILD"
		printf 'cd %q\n' "$AZVPN_TOP"
		printf '%q ' "$@"
		echo
	} > "$out/job"
}

# guest_status OUT: exit as the command in the guest did.
guest_status() {
	local out=$1 said

	[ -f "$out/status" ] && exit "$(cat "$out/status")"
	said=$(head -n 1 "$out/emulator.log" 2> /dev/null || true)
	if [ -s "$out/console.log" ]; then
		echo "${0##*/}: the guest died or its time ran out: its last words are in $out/console.log" >&2
	else
		echo "${0##*/}: the guest did not boot${said:+ ($said)}: is there memory for it (MEM=1024)? With working KVM, ACCEL=tcg does without" >&2
	fi
	exit 124
}
