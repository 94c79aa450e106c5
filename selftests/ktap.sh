# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Sourced by selftests/run and scripts/check: counting what a test has printed.

# ktap_count FILE STATUS: print "PASSED FAILED SKIPPED" for the KTAP or TAP in
# FILE of a test that ended with STATUS. No case may vanish: output that is
# short of its plan, or has none, or an exit status that the output does not
# account for, is a failed case more.
ktap_count() {
	awk -v status="$2" '
		/^(not )?ok [0-9]+.*# SKIP/	{ skipped++; next }
		/^ok [0-9]+/			{ passed++ }
		/^not ok [0-9]+/		{ failed++ }
		/^1\.\.[0-9]+/			{ planned = substr($1, 4) + 0; plans++ }
		/^Bail out!/			{ bailed = 1 }
		END {
			complete = plans == 1 && planned == passed + failed + skipped && planned > 0 && !bailed
			explained = status == 0 ? !failed : failed || (status == 4 && !passed)
			if (!complete || !explained)
				failed++
			print passed + 0, failed + 0, skipped + 0
		}' "$1"
}
