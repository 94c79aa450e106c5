# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced after common.sh: Debian packages, installed or unpacked into a folder.
#
# apt works on package lists of its own in the cache, which hold source
# packages too, so that the machine's lists and sources stay as they are. The
# mirror is the one that the machine itself uses.

apt_dir=$AZVPN_CACHE/apt

# apt_options: written once for apt-get and apt-cache alike.
apt_configure() {
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/archives/partial"
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

# apt_sources: the Debian entries among the machine's sources, source packages added.
apt_sources() {
	local codename uri suite component

	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
	sort -u | while read -r uri suite component; do
		case $suite in
		"$codename" | "$codename"[-/]updates | "$codename"[-/]security | \
		stable | oldstable | stable-updates | stable-security)
			printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: %s\n\n' \
				"$uri" "$suite" "$component" ;;
		esac
	done
}

# apt_refresh: fetch the package lists, unless they were fetched within the hour.
apt_refresh() {
	local log=$apt_dir/update.log

	command -v apt-get > /dev/null || die "apt-get is missing: set-up needs Debian 12"
	[ "$(id -u)" = 0 ] || die "set-up installs packages: run it as root"
	[ -z "$(find "$apt_dir/updated" -mmin -60 2> /dev/null)" ] || return 0
	apt_configure
	apt_sources > "$apt_dir/azvpn.sources"
	[ -s "$apt_dir/azvpn.sources" ] ||
		die "no Debian mirror in /etc/apt: add one to /etc/apt/sources.list"
	APT_CONFIG=$apt_dir/apt.conf apt-get -qq update > "$log" 2>&1 && ! grep -q '^[EW]: Failed' "$log" ||
		die "the package lists did not come: is the network up? ($(grep -m 1 '^[EW]:' "$log"))"
	touch "$apt_dir/updated"
}

# apt_version PACKAGE: the version that would be installed.
apt_version() {
	local version

	version=$(APT_CONFIG=$apt_dir/apt.conf apt-cache policy "$1" | sed -n 's/^  Candidate: //p')
	[ -n "$version" ] && [ "$version" != "(none)" ] ||
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
	say "installing" $missing >&2
	# shellcheck disable=SC2086
	apt_run "installing packages" install --no-install-recommends $missing
}

# apt_unpack FOLDER PACKAGE[=VERSION]...: the packages themselves, whether
# installed or not, and what they depend on that this machine does not have.
# Nothing of them runs here, no service and no maintainer script.
apt_unpack() {
	local root=$1 debs=$apt_dir/archives deb

	shift
	mkdir -p "$root"
	rm -f "$debs"/*.deb
	apt_run "downloading $1" -o Dir::Cache::Archives="$debs" install --reinstall --download-only "$@"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$root" || die "$deb could not be unpacked: is the disk full?"
	done
	rm -f "$debs"/*.deb
	merge_usr "$root"
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
