# SPDX-License-Identifier: GPL-2.0
# The fuzzers: NAME_fuzz.c, and the sources of the module that each is linked with.
#
# In: TOP. Out: FUZZERS, FUZZ_CFLAGS, FUZZ_HEADERS, $(call fuzz_sources,NAME).

FUZZ := $(TOP)/selftests/fuzz
FUZZERS := algorithm decapsulate esp flow mss policy replay

fuzz_module_algorithm := algorithm.c
fuzz_module_decapsulate := decapsulate.c
fuzz_module_flow := flow.c
fuzz_module_mss := mss.c
fuzz_module_policy := flow.c policy_lookup.c
fuzz_module_replay := replay.c
fuzz_sources = $(FUZZ)/$(1)_fuzz.c $(addprefix $(TOP)/kernel/,$(fuzz_module_$(1)))

# as the kernel is compiled: parameters may be unused
FUZZ_CFLAGS := -std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter -fno-omit-frame-pointer \
	-fno-strict-aliasing -fno-sanitize-recover=all \
	-I$(TOP)/selftests/unit/shim -I$(TOP)/selftests/unit -I$(TOP)/kernel
FUZZ_HEADERS := $(FUZZ)/fuzz.h $(wildcard $(TOP)/selftests/unit/shim/*/*.h) \
	$(wildcard $(TOP)/selftests/unit/*_model.h $(TOP)/kernel/*.h)
