# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by the scripts of this folder: messages, the cache, locks, disk space.
#
# Whatever is downloaded or takes long to build lives outside the tree, in
# $AZVPN_CACHE, in folders named by their version or by a hash of their inputs.
# Such a folder is made under another name and renamed when it is complete, so
# that one which was broken off is never taken for done.

set -eEuo pipefail
trap 'echo "${0##*/}: line $LINENO: exit status $?: $BASH_COMMAND" >&2' ERR

AZVPN_TOP=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
AZVPN_BUILD=${AZVPN_BUILD:-$AZVPN_TOP/build}
AZVPN_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/azvpn
export AZVPN_TOP AZVPN_BUILD AZVPN_CACHE

say() {
	echo "== $*"
}

# die MESSAGE: what is wrong and what to do about it, in one line.
die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# cache_lock NAME: wait for, and hold until this process ends, the lock NAME.
cache_lock() {
	mkdir -p "$AZVPN_CACHE" 2> /dev/null || die "cannot write to $AZVPN_CACHE: set XDG_CACHE_HOME to a folder that you may write to"
	exec {azvpn_lock}> "$AZVPN_CACHE/.lock-$1"
	flock -n "$azvpn_lock" && return
	say "waiting for another run that is busy with $1" >&2
	flock "$azvpn_lock"
}

# need_space FOLDER MIB: stop early rather than in the middle of a write.
need_space() {
	local free
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] || die "$1 has $free MiB free and $2 MiB are needed: make room, or set XDG_CACHE_HOME to another disk"
}

# cached PREFIX: the newest complete folder of that name in the cache, or nothing.
cached() {
	local found

	found=$(find "$AZVPN_CACHE" -maxdepth 1 -type d -name "$1*" ! -name '*.part' 2> /dev/null |
		sort -V | tail -1)
	[ -n "$found" ] && echo "$found"
}

# cached_kernels: the versions in the cache, the newest of each series.
cached_kernels() {
	find "$AZVPN_CACHE" -maxdepth 1 -type d -name 'kernel-*' ! -name '*.part' -printf '%f\n' |
		sed 's/^kernel-//' | sort -rV | awk -F . '!seen[$1 "." $2]++' | sort -V
}

# hash_of TEXT...: ten hex digits that change with TEXT.
hash_of() {
	echo "$*" | sha256sum | cut -c1-10
}
