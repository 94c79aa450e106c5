#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Time limit: 800 s
#
# The pre-shared key is where it belongs, a file of mode 0600 and charon's
# memory, and nowhere else.

. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-ike.sh"
. "$(dirname "$0")/../lib-ctl.sh"

# Not in this file as it is, so that this shell's own arguments and files do not have it
PSK=$(printf 'Wq7%s' "$(od -An -tx1 -N 16 /dev/urandom | tr -d ' \n')")
bait=$t_dir/bait

# has_key FILE...: the key is in one of them
has_key() {
	grep -qFf "$bait" -- "$@" 2> /dev/null
}

# Look at all processes for as long as this file is there
look() {
	while [ -e "$t_dir/looking" ]; do
		for file in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do
			! has_key "$file" || echo "$file" >> "$t_dir/seen"
		done
	done
}

never_in_arguments() {
	touch "$t_dir/looking"
	look &
	ctl_configure
	azvpnctl connection shared-key set hub-dc --shared-key-file "$t_dir/key"
	azvpnctl connection shared-key set hub-dc --shared-key-file - < "$t_dir/key"
	azvpnctl connection shared-key show hub-dc > "$t_dir/shown"
	azvpnctl export --with-keys > "$t_dir/exported"
	azvpnctl import - < "$t_dir/exported"
	rm "$t_dir/looking"
	wait
	[ ! -e "$t_dir/seen" ] || fail "the key was in $(sort -u "$t_dir/seen")"
	has_key "$t_dir/shown"
	has_key "$t_dir/exported"
	rm "$t_dir/shown" "$t_dir/exported"
}

connects() {
	ctl_peer
	wait_for ctl_status hub-dc Connected
}

only_in_the_store() {
	local file

	for file in $(find "$AZVPN_RUN_DIR" -type f) "$t_dir"/dc/log; do
		! has_key "$file" || fail "the key is in $file"
	done
	has_key "$AZVPN_STATE_DIR/azvpn.db"
	dmesg > "$t_dir/dmesg"
	! has_key "$t_dir/dmesg"
}

# Nobody else can read, or even list, what is in the state and run directories
modes() {
	[ -z "$(find "$AZVPN_STATE_DIR" "$AZVPN_RUN_DIR" \( -type f -o -type d \) -perm /077)" ] ||
		fail "$(find "$AZVPN_STATE_DIR" "$AZVPN_RUN_DIR" -perm /077 -ls)"
	[ "$(stat -c %a "$AZVPN_STATE_DIR/azvpn.db")" = 600 ]
	[ "$(stat -c %a "$AZVPN_STATE_DIR")" = 700 ]
}

masked() {
	local command

	for command in "connection show hub-dc" "connection list" status export "gateway show hub" \
		"local-gateway show dc" "sa list --gateway hub" "policy list --gateway hub" \
		"tunnel list --gateway hub" apply; do
		# shellcheck disable=SC2086 # words
		azvpnctl $command > "$t_dir/text" 2>&1
		! has_key "$t_dir/text" || fail "azvpnctl $command shows the key"
		# shellcheck disable=SC2086
		azvpnctl -j $command > "$t_dir/text" 2>&1
		! has_key "$t_dir/text" || fail "azvpnctl -j $command shows the key"
	done
	[ "$(json .sharedKey connection show hub-dc)" = '********' ]
}

# Nor does a refusal repeat a key that was mistyped
refusals_do_not_repeat_it() {
	local text

	for text in "$PSK with spaces" "$PSK-" "$(printf '%s' "$PSK"{,,,,,})"; do
		printf '%s' "$text" > "$t_dir/bad"
		refuses 1 'shared key' azvpnctl connection shared-key set hub-dc \
			--shared-key-file "$t_dir/bad"
		! has_key "$t_dir/refusal" || fail "the refusal has the key in it"
	done
	printf '{ "connections": [ { "sharedKey": "%s' "$PSK" > "$t_dir/bad"
	refuses 1 'not JSON, line 1' azvpnctl import "$t_dir/bad"
	! has_key "$t_dir/refusal" || fail "the refusal has the key in it"
}

exposed_file() {
	chmod 644 "$t_dir/key"
	refuses 0 'others than its owner may read' azvpnctl connection shared-key set hub-dc \
		--shared-key-file "$t_dir/key"
	chmod 600 "$t_dir/key"
}

# A store that others could read is not used until it is looked at
exposed_store() {
	chmod 644 "$AZVPN_STATE_DIR/azvpn.db"
	refuses 1 'has mode 0644, so others can get at its keys' azvpnctl status
	chmod 600 "$AZVPN_STATE_DIR/azvpn.db"
}

# Without a key of one's own: 32 letters and digits, another one each time
random_keys() {
	local first second

	run azvpnctl connection delete hub-dc
	run azvpnctl connection create hub-dc --gateway hub --local-gateway dc --no-apply
	first=$(json .value connection shared-key show hub-dc)
	[[ $first =~ ^[A-Za-z0-9]{32}$ ]] || fail "not 32 letters and digits"
	run azvpnctl connection shared-key reset hub-dc --no-apply
	second=$(json .value connection shared-key show hub-dc)
	[[ $second =~ ^[A-Za-z0-9]{32}$ ]] && [ "$first" != "$second" ]
	for length in 1 128; do
		run azvpnctl connection shared-key reset hub-dc --key-length $length --no-apply
		first=$(json .value connection shared-key show hub-dc)
		[ ${#first} = $length ]
	done
	for length in 0 129 -1 x ""; do
		refuses 1 '1 to 128' azvpnctl connection shared-key reset hub-dc \
			"--key-length=$length" --no-apply
	done
}

(umask 077 && printf '%s\n' "$PSK" > "$bait")
ctl_site
t "never in arguments or environments" never_in_arguments
t "a tunnel with this key" connects
t "in the store, and in no other file or log" only_in_the_store
t "files and directories are the owner's alone" modes
t "masked in all output that does not ask for it" masked
t "refusals do not repeat it" refusals_do_not_repeat_it
t "a warning about a file that others can read" exposed_file
t "a store that others can read is refused" exposed_store
t "random keys" random_keys
charon_stop dc
ctl_stop
t_end
