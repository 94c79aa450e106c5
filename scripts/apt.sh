# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after common.sh: Debian packages, installed or unpacked into a folder.
#
# apt works on package lists of its own in the cache, which hold source
# packages too, so that the machine's lists and sources stay as they are. The
# mirror is the one that the machine itself uses.

# apt_release [SUITE...]: what the functions below take packages from: these
# suites of the mirror, or this machine's own release.
# shellcheck disable=SC2120
apt_release() {
	apt_suites=("$@")
	apt_dir=$AZVPN_CACHE/apt${1:+-$1}
}
apt_release

# apt_configure: the settings of every apt command below, by way of APT_CONFIG.
apt_configure() {
	mkdir -p "$apt_dir/lists/partial"
	cat > "$apt_dir/apt.conf" <<-EOF
	Dir::Etc::SourceList "$apt_dir/azvpn.sources";
	Dir::Etc::SourceParts "/dev/null";
	Dir::State::Lists "$apt_dir/lists";
	Dir::Cache::PkgCache "$apt_dir/pkgcache.bin";
	Dir::Cache::SrcPkgCache "$apt_dir/srcpkgcache.bin";
	APT::Sandbox::User "root";
	APT::Get::Assume-Yes "true";
	APT::Install-Recommends "false";
	Acquire::Retries "3";
	Acquire::Languages "none";
	EOF
}

# apt_sources: the Debian entries among the machine's sources, source packages
# added; or where the first of them is, the suites that were asked for.
apt_sources() {
	local codename uri suite component

	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016 # these are apt's own fields
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
	sort -u | while read -r uri suite component; do
		case ${#apt_suites[@]}/$suite in
		0/*) ;;
		*/"$codename" | */stable | */oldstable)
			[ "$component" = main ] || continue
			printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "${apt_suites[*]}"
			break ;;
		*) continue ;;
		esac
		case $suite in
		"$codename" | "$codename"[-/]updates | "$codename"[-/]security | \
		stable | oldstable | stable-updates | stable-security)
			printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: %s\n\n' \
				"$uri" "$suite" "$component" ;;
		esac
	done
}

# apt_refresh: fetch the package lists, unless they were fetched within the hour.
# One process at a time: set-up and the debug kernel's build can meet here.
apt_refresh() {
	( cache_lock apt && refresh_lists ) || exit 1
}

refresh_lists() {
	local log=$apt_dir/update.log

	command -v apt-get > /dev/null || die "apt-get is missing: set-up needs Debian 12"
	[ "$(id -u)" = 0 ] || die "set-up installs packages: run it as root"
	[ -z "$(find "$apt_dir/updated" -mmin -60 2> /dev/null)" ] || return 0
	apt_configure
	apt_sources > "$apt_dir/azvpn.sources"
	[ -s "$apt_dir/azvpn.sources" ] ||
		die "no Debian mirror in /etc/apt: add one to /etc/apt/sources.list"
	APT_CONFIG=$apt_dir/apt.conf apt-get -qq update > "$log" 2>&1 || echo "E: $?" >> "$log"
	! grep -q -e '^E:' -e '^W: Failed' "$log" ||
		die "the package lists did not come: is the network up? ($(grep -m 1 '^[EW]:' "$log"))"
	touch "$apt_dir/updated"
}

# apt_version PACKAGE: the version that would be installed.
apt_version() {
	local version

	version=$(APT_CONFIG=$apt_dir/apt.conf apt-cache policy "$1" | sed -n 's/^  Candidate: //p')
	[ -n "${version#(none)}" ] ||
		die "the mirror has no package $1: does /etc/apt name Debian 12's main component?"
	echo "$version"
}

# apt_run WHAT APT-GET-ARGUMENTS...: apt-get, silent unless it fails.
apt_run() {
	local what=$1 log=$apt_dir/apt.log

	shift
	DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_CONFIG=$apt_dir/apt.conf \
		apt-get -qq "$@" > "$log" 2>&1 ||
		die "$what failed: $(grep -m 1 '^E:' "$log" || tail -1 "$log") (whole log: $log)"
}

# apt_install PACKAGE...: those that are missing on this machine.
apt_install() {
	local missing

	missing=$(for p in "$@"; do
		dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2> /dev/null | grep -q '^ii' || echo "$p"
	done)
	[ -n "$missing" ] || return 0
	apt_refresh
	need_space / 1200
	say "installing ${missing//$'\n'/ }" >&2
	# shellcheck disable=SC2086
	apt_run "installing packages" install --no-install-recommends $missing
}

# apt_unpack FOLDER PACKAGE[=VERSION]...: unpack the packages alone. Nothing of
# them runs here, no service and no maintainer script.
apt_unpack() {
	apt_get_debs "$1" download "${@:2}"
}

# apt_unpack_closure FOLDER PACKAGE...: the packages, whether installed or not,
# and what they depend on that this machine does not have.
apt_unpack_closure() {
	apt_get_debs "$1" install --reinstall --download-only "${@:2}"
}

# apt_is_whole FOLDER: does all in it find its libraries, there or on this machine?
# What the machine had when a closure was unpacked may have been removed since.
apt_is_whole() {
	local lib=$1/usr/lib
	local path=$lib/$(uname -m)-linux-gnu:$lib:$lib/ipsec:$lib/ipsec/plugins

	# ldd fails at what is no program
	! { find "$1/usr" -type f \( -perm -100 -o -name '*.so*' \) -print0 |
		LD_LIBRARY_PATH=$path xargs -0 ldd 2> /dev/null || true; } | grep -q 'not found'
}

apt_get_debs() {
	local root=$1 debs=$1.debs deb

	shift
	rm -rf "$debs"
	mkdir -p "$root" "$debs/partial"
	cd "$debs" || exit	# where "download" puts things
	apt_run "downloading ${*: -1}" -o Dir::Cache::Archives="$debs" "$@"
	cd "$OLDPWD" || exit
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$root" || die "$deb could not be unpacked: is the disk full?"
	done
	rm -rf "$debs"
	merge_usr "$root"
}

# apt_source FOLDER PACKAGE VERSION PATTERN: what matches PATTERN in the upstream
# source of PACKAGE. The newest upload's source may not be on the mirror yet, so
# any Debian revision of the same upstream version will do.
apt_source() {
	local root=$1 package=$2 upstream=${3%-*} pattern=$4 version tar=

	mkdir -p "$root/.tar"
	for version in $(APT_CONFIG=$apt_dir/apt.conf apt-cache showsrc "$package" |
			 sed -n "s/^Version: \\($upstream-.*\\)/\\1/p" | sort -rVu); do
		( cd "$root/.tar" && APT_CONFIG=$apt_dir/apt.conf apt-get -qq source \
			--download-only --tar-only "$package=$version" ) > "$apt_dir/apt.log" 2>&1 || continue
		tar=$(find "$root/.tar" -name '*.orig.tar.*' ! -name '*.asc' -print -quit)
		[ -z "$tar" ] || break
	done
	[ -n "$tar" ] || die "the mirror has no source of $package $upstream (log: $apt_dir/apt.log): try another mirror"
	tar -C "$root" --strip-components=1 --wildcards -xf "$tar" "$pattern"
	rm -rf "$root/.tar"
}

# merge_usr ROOT: move /bin, /sbin and /lib below /usr, as the machine itself
# has them, or a folder /lib of ours would hide its link of that name.
merge_usr() {
	local d

	for d in bin sbin lib lib64; do
		[ -d "$1/$d" ] || continue
		mkdir -p "$1/usr/$d"
		cp -a "$1/$d/." "$1/usr/$d/"
		rm -rf "${1:?}/$d"
	done
}
