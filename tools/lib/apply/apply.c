// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "apply_internal.h"
#include "netns.h"
#include "path.h"

const struct azvpn_connection *azvpn_apply_next(const struct azvpn_apply_run *run,
						const struct azvpn_connection *after)
{
	return azvpn_gateway_connection(run->gateway, after);
}

void azvpn_apply_note(const struct azvpn_apply_run *run, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	run->apply->note(run->ike.name, text, run->apply->data);
}

int azvpn_apply_lock(struct azvpn_error *error)
{
	char path[AZVPN_IKE_PATH_SIZE];
	int fd, ret;

	ret = azvpn_dir_make(azvpn_run_dir(), error);
	if (!ret)	/* no gateway is called so: names do not start with a dot */
		ret = azvpn_path(path, sizeof(path), azvpn_run_dir(), ".lock", NULL, error);
	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return azvpn_error_set(error, -errno, "%s: %s", path, strerror(errno));
	while (flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		ret = azvpn_error_set(error, -errno, "%s: %s", path, strerror(errno));
		close(fd);
		return ret;
	}
	return fd;
}

static int delete_devices(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	size_t i;
	int ret;

	ret = azvpn_devices_load(&run->rtnl, &run->devices, error);
	for (i = 0; i < run->devices.count && ret >= 0; i++) {
		if (!run->devices.list[i].ours)
			continue;
		ret = azvpn_device_delete(&run->rtnl, &run->devices.list[i], error);
		if (ret > 0)
			azvpn_apply_note(run, "device %s deleted", run->devices.list[i].name);
	}
	azvpn_devices_clear(&run->devices);
	return ret < 0 ? ret : 0;
}

/*
 * The charon of a gateway goes, and the devices where it was applied; with a
 * namespace that is gone they went already.
 */
static int dismantle(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	char process[AZVPN_PROCESS_SIZE];
	bool ran = azvpn_ike_running(&run->ike, process);
	int ret;

	ret = azvpn_ike_stop(&run->ike, error);
	if (ret)
		return ret;
	if (ran)
		azvpn_apply_note(run, "charon stopped");
	ret = azvpn_rtnl_open(&run->rtnl, run->applied.netns, error);
	if (!ret) {
		ret = delete_devices(run, error);
		azvpn_rtnl_close(&run->rtnl);
	}
	if (ret && ret != -ENOENT)
		return ret;
	azvpn_applied_remove(&run->ike);
	return 0;
}

/*
 * Before the first change, so that a gateway deleted from the configuration is
 * cleaned up wherever applying it had got to
 */
static int note_begun(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	int ret;

	if (run->applied.known && !strcmp(run->applied.netns, run->gateway->netns))
		return 0;
	snprintf(run->applied.netns, sizeof(run->applied.netns), "%s", run->gateway->netns);
	ret = azvpn_dir_make(run->ike.dir, error);
	return ret ? ret : azvpn_applied_save(&run->ike, run->process, &run->applied, error);
}

/* The calling thread is in the namespace */
static int apply_here(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	int ret, charon;

	ret = azvpn_rtnl_open(&run->rtnl, "", error);
	if (ret)
		return ret;
	/* What is wrong with the network of one connection must not end the tunnels of others */
	ret = azvpn_apply_net(run, error);
	charon = azvpn_apply_charon(run, ret ? NULL : error);
	azvpn_devices_clear(&run->devices);
	azvpn_rtnl_close(&run->rtnl);
	return ret ? ret : charon;
}

static int apply_run(struct azvpn_apply_run *run, struct azvpn_error *error)
{
	int home, ret;

	if (run->applied.known && strcmp(run->applied.netns, run->gateway->netns)) {
		ret = dismantle(run, error);
		if (ret)
			return ret;
		json_object_clear(run->applied.connections);
	}
	ret = azvpn_netns_enter(run->gateway->netns, &home, error);
	if (ret)
		return ret;
	ret = note_begun(run, error);
	if (!ret)
		ret = apply_here(run, error);
	azvpn_netns_leave(home);
	return ret;
}

static int prepare(struct azvpn_apply_run *run, const char *name, struct azvpn_error *error)
{
	int ret;

	ret = azvpn_ike_init(&run->ike, name, error);
	if (ret)
		return ret;
	if (!azvpn_ike_running(&run->ike, run->process))
		*run->process = '\0';
	return azvpn_applied_load(&run->ike, run->process, &run->applied, error);
}

int azvpn_apply_gateway(const struct azvpn_apply *apply, const struct azvpn_gateway *gateway,
			struct azvpn_error *error)
{
	struct azvpn_apply_run run = { .apply = apply, .gateway = gateway };
	int ret;

	ret = prepare(&run, gateway->name, error);
	if (!ret)
		ret = apply_run(&run, error);
	azvpn_applied_clear(&run.applied);
	return ret;
}

static int remove_gateway(const struct azvpn_apply *apply, const char *name,
			  struct azvpn_error *error)
{
	struct azvpn_apply_run run = { .apply = apply };
	int ret;

	ret = prepare(&run, name, error);
	if (!ret && run.applied.known)
		ret = dismantle(&run, error);
	azvpn_applied_clear(&run.applied);
	return ret;
}

int azvpn_apply_gone(const struct azvpn_apply *apply, struct azvpn_error *error)
{
	DIR *dir = opendir(azvpn_run_dir());
	struct dirent *entry;
	int ret = 0;

	if (!dir)
		return errno == ENOENT ? 0 : azvpn_error_set(error, -errno, "%s: %s",
							     azvpn_run_dir(), strerror(errno));
	while (!ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !azvpn_gateway_find(apply->model, entry->d_name))
			ret = remove_gateway(apply, entry->d_name, error);
	closedir(dir);
	return ret;
}
