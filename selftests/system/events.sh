#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Events that get lost: for want of memory they are raised again, and a listener that
# is too slow is told.
#
#       left (azvpn)                                      right (azvpn)
#   tun 10.1.0.1 ── wire 198.51.100.1 ═════ 198.51.100.2 wire ── tun 10.2.0.1
#
# Time limit: 600 s

# shellcheck source=selftests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=selftests/lib-esp.sh
. "$(dirname "$0")/../lib-esp.sh"

failslab=/sys/kernel/debug/failslab

esp_topology
[ -d $failslab ] || mount -t debugfs none /sys/kernel/debug 2> /dev/null || true

# An SA of left's that takes no part in anything.
idle_sa() {
	azvpn-sa -n "$left" sa add dir=out spi="$1" src=$esp_left dst=$esp_right \
		key="$t_dir/key-$esp_spi_lr" tunnel=$tunnel_id reqid=99 "${@:2}"
}

# memory fails|works: for the kernel's workers and nobody else.
memory() {
	local flag=0 worker

	[ "$1" = works ] || flag=1
	echo $((flag * 100)) > $failslab/probability
	for worker in $(pgrep '^kworker/') 2; do
		echo $flag > "/proc/$worker/make-it-fail" 2> /dev/null || true
	done
}

set_up_failure() {
	echo N > $failslab/cache-filter
	echo Y > $failslab/task-filter
	echo N > $failslab/ignore-gfp-wait
	echo 1 > $failslab/interval
	echo 0 > $failslab/space
	echo 0 > $failslab/verbose
	echo 1000000 > $failslab/times
}

# age_is SPI SECONDS: the SA is that old by the clock that its limits go by.
age_is() {
	local added now

	added=$(value added "$(sa_get "$left" "$1" $esp_right)")
	read -r now _ < /proc/uptime
	[ $((${now%.*} - added)) -ge "$2" ]
}

failures() {
	echo $((1000000 - $(cat $failslab/times)))
}

an_event() {
	[ "$(events "$monitor" "$@")" -gt 0 ]
}

listen() {
	start "$left" azvpn-sa monitor
	monitor=$started
}

# limit_without_memory KIND: the event of a limit comes when there is memory again, once.
limit_without_memory() {
	local kind=$1

	esp_up azvpn
	set_up_failure
	listen
	memory fails
	idle_sa 0x1111 "$kind-seconds=1"
	wait_for age_is 0x1111 4
	[ "$(failures)" -ge 2 ]
	[ "$(events "$monitor" spi=0x00001111)" = 0 ]
	# it is there still, though after a hard limit of no use
	sa_has "$left" 0x1111 $esp_right state=mature
	memory works
	wait_for an_event "event=$kind" spi=0x00001111 dst=$esp_right
	idle_sa 0x1112 hard-seconds=1
	wait_for an_event event=hard spi=0x00001112
	[ "$(events "$monitor" "event=$kind" spi=0x00001111)" = 1 ]
	stop "$monitor" > /dev/null
}

# What has reached its hard limit carries nothing, although nobody could be told yet.
hard_limit_stops() {
	esp_up azvpn
	set_up_failure
	listen
	memory fails
	azvpn-sa -n "$left" batch <<-EOF
	sa add dir=out spi=0x1111 src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr tunnel=$tunnel_id reqid=1 hard-bytes=100
	policy add dir=out tunnel=$tunnel_id from=0.0.0.0/0 to=0.0.0.0/0 reqid=1 sa=0x1111 sa-dst=$esp_right replace=1
	EOF
	nsx "$left" udp-probe send -n 10 -g 0 10.2.0.99 9 > /dev/null
	sa_is "$left" 0x1111 $esp_right 'packets == 10'
	wait_for stopped_sending
	[ "$(events "$monitor" spi=0x00001111)" = 0 ]
	memory works
	wait_for an_event event=hard spi=0x00001111
	refused ESRCH "" azvpn-sa -n "$left" sa get spi=0x1111 dst=$esp_right
	stop "$monitor" > /dev/null
}

stopped_sending() {
	nsx "$left" udp-probe send -n 1 -g 0 10.2.0.99 9 > /dev/null
	sa_is "$left" 0x1111 $esp_right 'drops_expired > 0'
}

# safely COMMAND...: and let memory work again, whatever becomes of it.
safely() {
	trap 'memory works' EXIT
	"$@"
}

# A listener that does not listen: its queue overflows, and it is told. Others hear all.
too_slow() {
	local i listener

	esp_up azvpn
	start "$left" azvpn-sa monitor 4096
	listener=$started
	kill -STOP "${listener%%:*}"
	listen
	for ((i = 0; i < 100; i++)); do
		echo "sa add dir=out spi=$((0x3000 + i)) src=$esp_left dst=$esp_right key=$t_dir/key-$esp_spi_lr tunnel=$tunnel_id soft-seconds=1"
	done | azvpn-sa -n "$left" batch
	wait_for events_are 100 event=soft
	kill -CONT "${listener%%:*}"
	wait_for grep -q 'events were lost' "${listener#*:}"
	wait_for process_gone "${listener%%:*}"
	[ "$(events "$listener" event=soft)" -lt 100 ]
	stop "$monitor" > /dev/null
}

events_are() {
	[ "$(events "$monitor" "${@:2}")" = "$1" ]
}

if [ -d $failslab ]; then
	t "a soft limit is told as soon as there is memory" fresh safely limit_without_memory soft
	t "a hard limit is told as soon as there is memory" fresh safely limit_without_memory hard
	t "a hard limit ends sending, with and without memory" fresh safely hard_limit_stops
else
	t_skip "limits without memory" "this kernel cannot make allocations fail"
fi
t "a listener that is too slow is told" fresh too_slow
t "the kernel had nothing to complain about" dmesg_clean
t_end
