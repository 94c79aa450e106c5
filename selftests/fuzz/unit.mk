# SPDX-License-Identifier: GPL-2.0
# The fuzzers as unit tests: once through the corpus, with any compiler.
#
# In: TOP, OUT. Out: FUZZ_TESTS.

include $(TOP)/selftests/fuzz/targets.mk

FUZZ_TESTS := $(FUZZERS:%=$(OUT)/fuzz_%_test)

.SECONDEXPANSION:
$(FUZZ_TESTS): $(OUT)/fuzz_%_test: $$(call fuzz_sources,%) $(FUZZ)/main.c $(FUZZ_HEADERS) $(FUZZ)/unit.mk
	@mkdir -p $(@D)
	@echo "  CC      selftests/fuzz/$*_fuzz.c"
	@$(CC) $(FUZZ_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize=alignment \
		-DCORPUS='"$(FUZZ)/corpus/$*"' -o $@ $(filter %.c,$^)
