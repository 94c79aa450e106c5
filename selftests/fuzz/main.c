// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer without libFuzzer, as a unit test: once through its corpus, and with
 * each input cut short at every length. TAP; what was being tried when it
 * crashed is the line before.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { LONGEST = 65536 };

static void try_file(const char *folder, const char *name)
{
	static u8 bytes[LONGEST];
	char path[4096];
	size_t size, len;
	FILE *file;
	u8 *exact;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	require(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	printf("# %s\n", path);
	fflush(stdout);
	for (len = 0; len <= size; len++) {
		exact = malloc(len);
		memcpy(exact, bytes, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
}

int main(void)
{
	struct dirent **names;
	int i, n = scandir(CORPUS, &names, NULL, alphasort), inputs = 0;

	for (i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			try_file(CORPUS, names[i]->d_name);
			inputs++;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	printf("%s 1 - the %d inputs of the corpus\n1..1\n", inputs ? "ok" : "not ok", inputs);
	return !inputs;
}
