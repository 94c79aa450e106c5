# SPDX-License-Identifier: GPL-2.0
# Unit tests of the module's pure logic, kernel_*_test.c: compiled against the
# kernel's names as shim/ has them, with the sanitizers.
#
# In: MODULE (the folder of the module), UNIT (this folder), OUT. Out: KERNEL_TESTS.

KERNEL_TESTS := $(patsubst $(UNIT)/%.c,$(OUT)/%,$(wildcard $(UNIT)/kernel_*_test.c))
KERNEL_TEST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-I$(UNIT)/shim -I$(UNIT) -I$(MODULE)
KERNEL_TEST_DEPS := $(wildcard $(UNIT)/shim/linux/*.h $(UNIT)/*_model.h) \
	$(MODULE)/replay.h $(MODULE)/esp.h $(UNIT)/kernel.mk

$(KERNEL_TESTS): $(OUT)/kernel_%_test: $(UNIT)/kernel_%_test.c $(KERNEL_TEST_DEPS)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_TEST_CFLAGS) -o $@ $(filter %.c,$^) -lcmocka

$(OUT)/kernel_replay_test: $(MODULE)/replay.c
