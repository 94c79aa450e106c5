// SPDX-License-Identifier: GPL-2.0
/*
 * Compares the structs of charon that the plugin uses, as its headers and
 * charon_config.h lay them out, with those of the charon that is installed. A
 * wrong guess in charon_config.h shifts members without a word from compiler
 * or loader.
 *
 * An object of strongSwan starts with its methods, which are pointers to code,
 * and what follows is data. So one can count how many methods it really has.
 *
 * Exits with 0 if all agree, else with 1 and a line about each that does not.
 */
#include <daemon.h>
#include <library.h>

#include <link.h>
#include <stdio.h>

#define WORD sizeof(void *)

struct range {
	uintptr_t address;
	bool found;
};

static int in_code_of(struct dl_phdr_info *info, size_t size, void *data)
{
	struct range *range = data;
	int i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_X &&
		    range->address >= start && range->address < start + segment->p_memsz)
			range->found = TRUE;
	}
	return range->found;
}

static bool is_code(const void *object, size_t offset)
{
	struct range range = { };

	memcpy(&range.address, (const char *)object + offset, WORD);
	dl_iterate_phdr(in_code_of, &range);
	return range.found;
}

/* The methods are to lie in [from, to) of the object and nowhere next to it */
static bool check(const char *name, const void *object, size_t from, size_t to)
{
	size_t first = from, end;

	while (first && is_code(object, first - WORD))
		first -= WORD;
	while (first < to && !is_code(object, first))
		first += WORD;
	for (end = first; is_code(object, end); end += WORD)
		;
	if (first == from && end == to)
		return TRUE;
	printf("%s: methods at %zu to %zu in the headers, at %zu to %zu in the installed charon\n",
	       name, from, to, first, end);
	return FALSE;
}

#define CHECK(type, object) check(#type, object, 0, sizeof(type))

static bool check_ike_sa(void)
{
	ike_sa_id_t *id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 0, 0, FALSE);
	ike_sa_t *ike_sa = ike_sa_create(id, FALSE, IKEV2);
	bool ok;

	id->destroy(id);
	if (!ike_sa) {
		printf("ike_sa_t: none can be made\n");
		return FALSE;
	}
	ok = CHECK(ike_sa_t, ike_sa);
	/* Its destroy method may not be where the headers say, and the process ends anyway */
	return ok;
}

static bool check_selector(void)
{
	host_t *host = host_create_any(AF_INET);
	traffic_selector_t *ts;
	bool ok;

	ok = CHECK(host_t, host);
	ts = traffic_selector_create_from_subnet(host, 32, 0, 0, 0xffff);
	return CHECK(traffic_selector_t, ts) && ok;
}

int main(void)
{
	bool ok = TRUE;

	if (!library_init("", "check-layout") || !libcharon_init()) {
		printf("charon's libraries cannot be initialised\n");
		return 1;
	}
	/* The one struct whose methods come last */
	ok &= check("daemon_t", charon, offsetof(daemon_t, initialize), sizeof(daemon_t));
	ok &= CHECK(kernel_interface_t, charon->kernel);
	ok &= CHECK(bus_t, charon->bus);
	ok &= CHECK(settings_t, lib->settings);
	ok &= CHECK(capabilities_t, lib->caps);
	ok &= CHECK(watcher_t, lib->watcher);
	ok &= CHECK(processor_t, lib->processor);
	ok &= check_ike_sa();
	ok &= check_selector();
	return ok ? 0 : 1;
}
