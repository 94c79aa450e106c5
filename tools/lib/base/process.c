// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

/* Of /proc/PID/stat, see proc(5) */
#define FIELD_STATE	3
#define FIELD_START	22

void azvpn_process_name(int pid, char name[AZVPN_PROCESS_SIZE])
{
	char path[32], line[1024], *field;
	unsigned long long start = 0;
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	/* The name may hold spaces and brackets: fields are counted from its end */
	field = file && fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (field)
		field = strchr(field, ' ');
	if (field && field[1] == 'Z')	/* has ended, nobody has asked how */
		field = NULL;
	for (i = FIELD_STATE; field && i < FIELD_START; i++)
		field = strchr(field + 1, ' ');
	if (field)
		start = strtoull(field + 1, NULL, 10);
	if (file)
		fclose(file);
	snprintf(name, AZVPN_PROCESS_SIZE, "%d/%llu", pid, start);
}

bool azvpn_process_alive(int pid, const char *name)
{
	char now[AZVPN_PROCESS_SIZE];

	azvpn_process_name(pid, now);
	return !strcmp(now, name) && strcmp(strchr(now, '/'), "/0");
}
