# SPDX-License-Identifier: GPL-2.0
# azvpn: `make help` lists what can be made.

BUILD ?= $(CURDIR)/build
JOBS ?= $(shell nproc)
export BUILD
# the scripts' name for it
export AZVPN_BUILD := $(abspath $(BUILD))

# The kernel of the VM, which the module is built for: 6.1, 6.12 or the newest
# series in the backports of Debian 13.
KERNEL ?= 6.1
export KERNEL

# What scripts/setup has found or fetched: KERNELS, STRONGSWAN_SRC and the like.
-include $(BUILD)/config.mk
export STRONGSWAN_SRC STRONGSWAN_ROOT

# Another kernel than the VM's: make KDIR=/lib/modules/$(uname -r)/build
# Not include/config/kernel.release, where Debian has another version than uname's.
ifneq ($(filter command environment,$(firstword $(origin KDIR))),)
KVER := $(shell cut -d '"' -f 2 $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
else
KVER := $(lastword $(filter $(KERNEL).%,$(KERNELS)))
KDIR := $(KVER:%=$(KERNEL_CACHE)/kernel-%/root/usr/src/linux-headers-$(KVER))
endif

.PHONY: all module tools plugin ip-plugin tests setup configured
.PHONY: docs demo check check-debug check-matrix fuzz vm bench install clean help

all: module tools plugin ip-plugin ## build the module, charon's plugin and the tools; needs no network

configured:
	@[ -n "$(KDIR)" ] || scripts/setup --offline $(KERNEL)

module: configured
ifeq ($(KDIR),)
	@$(MAKE) --no-print-directory $@
else
	@scripts/build-module $(KDIR) $(BUILD)/azvpn-$(KVER) -j$(JOBS)
endif

tools: configured
	@$(MAKE) --no-print-directory -C tools -j$(JOBS)

plugin: configured tools
	@$(MAKE) --no-print-directory -C ike-plugin -j$(JOBS)

ip-plugin: configured
	@$(MAKE) --no-print-directory -C tools/iproute2

tests: all
	@$(MAKE) --no-print-directory -C selftests -j$(JOBS)

setup: ## install and fetch what is missing on this machine (root, Debian 12)
	@scripts/setup

# Set-up may write config.mk, which a make that has begun would not read again.
demo: ## two sites, a tunnel and traffic in a VM, with every command shown
	@scripts/setup $(KERNEL)
	@$(MAKE) --no-print-directory all
	@scripts/demo

check: ## every test; T=NAME for one topic, KERNEL=6.12 for another kernel in the VM
	@scripts/setup
	@$(MAKE) --no-print-directory tests
	@scripts/check $(T)

check-debug: ## the system tests on a kernel with KASAN, lockdep and UBSAN; T=NAME
	@scripts/setup $(KERNEL)
	@$(MAKE) --no-print-directory tests
	@scripts/check --debug $(T)

# An hour or two, which is a time limit of as much for each topic
check-matrix: ## all combinations of what the topics of ESP try a part of, on the same kernel
	@scripts/setup $(KERNEL)
	@$(MAKE) --no-print-directory tests
	@ESP_MATRIX=full AZVPN_SLOWNESS=30 scripts/check --debug -o $(BUILD)/check-matrix $(or $(T),esp-algorithms mtu)

fuzz: ## pure logic FUZZ_SECONDS (600) a target, then netlink and packets FUZZ_UML_SECONDS (1800); T=NAME
	@scripts/setup $(KERNEL)
	@$(MAKE) --no-print-directory tests
	@scripts/fuzz $(T)

vm: ## a shell in the VM, the module loaded and the tools on the path
	@scripts/setup $(KERNEL)
	@$(MAKE) --no-print-directory tests
	@scripts/vm -i $(CURDIR)/scripts/guest-shell

docs: tools ## write anew what follows from the tables of fields: JSON Schema, manual page
	@scripts/docs

bench: ## plain forwarding, xfrm, WireGuard and azvpn on the instruction clock
	@scripts/setup $(KERNEL)
	@$(MAKE) --no-print-directory tests
	@selftests/bench/run

install: ## onto this machine: module for the running kernel, azvpnctl, plugins, units
	@scripts/install

clean: ## remove build/; the cache of downloads and kernels stays
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@echo "KERNEL=6.1 (default), 6.12 or the newest in Debian 13's backports: what the VM boots."
	@echo "Downloads and kernels are kept in \$${XDG_CACHE_HOME:-~/.cache}/azvpn; without it, newer ones are fetched."
