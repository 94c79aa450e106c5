# SPDX-License-Identifier: GPL-2.0
# The rooms of the library, the lowest first. A room's files see the headers of
# their own room and of those before it; an include the other way does not compile.
ROOMS := base net model store ike apply

# $(call rooms_upto,ROOM): that room and those before it
rooms_upto = $(call rooms_until,$1,$(ROOMS))
rooms_until = $(firstword $2) $(if $(filter-out $1,$(firstword $2)),\
	$(call rooms_until,$1,$(wordlist 2,$(words $2),$2)))
# $(call room_flags,ROOM...): where their headers are
room_flags = $(patsubst %,-I$(TOP)/tools/lib/%,$1)
