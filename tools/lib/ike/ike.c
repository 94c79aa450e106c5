// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ike.h"
#include "path.h"
#include "vici.h"

#define SYSTEMCTL	"/usr/bin/systemctl"
#define SYSTEMD		"/run/systemd/system"
#define UNIT		"azvpn-ike@"

/* How long it may take to start, to end, and its parent after it, in units of POLL_MS */
#define POLL_MS		50
#define START_POLLS	(60 * 1000 / POLL_MS)
#define STOP_POLLS	(15 * 1000 / POLL_MS)
#define PARENT_POLLS	(2 * 1000 / POLL_MS)

/*
 * kernel-azvpn comes first, so that it and not kernel-netlink gives charon its
 * IPsec, and is marked as critical, so that charon does not start without it;
 * kernel-netlink is left with addresses and routes, and is not wholly loaded;
 * without routing_table it would put a rule for a table of charon's own into the
 * namespace, and leave it there when charon is killed.
 * Retransmissions: 3, 3.75, 4.7, 5.9, 7.3 and 9.2 s, 34 s in all, then again
 * from the start. So a peer that comes back is tried within ten seconds.
 */
static const char settings[] =
	"# Written by azvpnctl for gateway %s; changes are overwritten.\n"
	"charon {\n"
	"	load = kernel-azvpn! kernel-netlink socket-default! vici! random! nonce! openssl! kdf!\n"
	"	install_routes = no\n"
	"	routing_table = 0\n"
	"	install_virtual_ip = no\n"
	"	retransmit_timeout = 3.0\n"
	"	retransmit_base = 1.25\n"
	"	retransmit_tries = 5\n"
	"	plugins {\n"
	"		vici {\n"
	"			socket = unix://%s\n"
	"		}\n"
	"	}\n"
	"	filelog {\n"
	"		file {\n"
	"			path = %s\n"
	"			append = yes\n"
	"			flush_line = yes\n"
	"			ike_name = yes\n"
	"			time_format = %%Y-%%m-%%dT%%H:%%M:%%S\n"
	"			default = 1\n"
	"		}\n"
	"	}\n"
	"}\n";

int azvpn_ike_init(struct azvpn_ike *ike, const char *gateway, struct azvpn_error *error)
{
	const char *run = azvpn_run_dir();
	int ret;

	snprintf(ike->name, sizeof(ike->name), "%s", gateway);
	ret = azvpn_path(ike->dir, sizeof(ike->dir), run, gateway, NULL, error);
	if (!ret)
		ret = azvpn_path(ike->config, sizeof(ike->config), run, gateway,
				 "strongswan.conf", error);
	if (!ret)
		ret = azvpn_path(ike->log, sizeof(ike->log), run, gateway, "charon.log", error);
	if (!ret)
		ret = azvpn_path(ike->pid, sizeof(ike->pid), run, gateway, "charon.pid", error);
	if (!ret)
		ret = azvpn_path(ike->socket, sizeof(ike->socket), run, gateway, "charon.vici",
				 error);
	return ret;
}

/* Charon as its parent has noted it, for when it is too deaf to be asked */
static int noted_process(const struct azvpn_ike *ike, char process[AZVPN_PROCESS_SIZE])
{
	FILE *file = fopen(ike->pid, "re");
	int pid = 0;

	if (!file)
		return -errno;
	if (fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	if (pid <= 0)
		return -ESRCH;
	azvpn_process_name(pid, process);
	return azvpn_process_alive(pid, process) ? pid : -ESRCH;
}

/* Return: the process id of charon, or a negative errno if there is none */
static int find_charon(const struct azvpn_ike *ike, char process[AZVPN_PROCESS_SIZE])
{
	int pid = azvpn_vici_peer(ike->socket, process);

	return pid == -ETIMEDOUT ? noted_process(ike, process) : pid;
}

bool azvpn_ike_running(const struct azvpn_ike *ike, char process[AZVPN_PROCESS_SIZE])
{
	return find_charon(ike, process) > 0;
}

int azvpn_ike_configure(const struct azvpn_ike *ike, struct azvpn_error *error)
{
	char *text;
	int ret;

	ret = azvpn_dir_make(azvpn_run_dir(), error);
	if (!ret)
		ret = azvpn_dir_make(ike->dir, error);
	if (ret)
		return ret;
	if (asprintf(&text, settings, ike->name, ike->socket, ike->log) < 0)
		return azvpn_error_set(error, -ENOMEM, "out of memory");
	ret = azvpn_file_replace(ike->config, text, strlen(text), error);
	free(text);
	return ret;
}

static void pause_a_little(void)
{
	const struct timespec interval = { .tv_nsec = POLL_MS * 1000000 };

	nanosleep(&interval, NULL);
}

/* The last @lines lines of charon's log, in one */
static void log_tail(const struct azvpn_ike *ike, int lines, char *tail, size_t size)
{
	char buf[320];
	ssize_t got;
	char *start, *at;
	int fd;

	snprintf(tail, size, "nothing is in %s", ike->log);
	fd = open(ike->log, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (lseek(fd, 1 - (off_t)sizeof(buf), SEEK_END) < 0)
		lseek(fd, 0, SEEK_SET);
	got = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	while (got > 0 && buf[got - 1] == '\n')
		got--;
	if (got <= 0)
		return;
	buf[got] = '\0';
	for (start = buf + got; start > buf && lines; start--)
		if (start[-1] == '\n' && !--lines)
			break;
	for (at = start; (at = strchr(at, '\n')); )
		*at = '|';
	snprintf(tail, size, "%s ends with: %s", ike->log, start);
}

static int start_failed(const struct azvpn_ike *ike, const char *how, struct azvpn_error *error)
{
	char tail[640];

	log_tail(ike, 2, tail, sizeof(tail));
	return azvpn_error_set(error, -ESRCH, "charon of gateway \"%s\" %s; %s", ike->name, how,
			       tail);
}

/* Run a program to its end. Return: 0, or -EIO if it failed. */
static int run(const char *path, char *const argv[])
{
	int status;
	pid_t pid;

	if (posix_spawn(&pid, path, NULL, NULL, argv, environ))
		return -EIO;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -EIO;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int run_systemctl(const struct azvpn_ike *ike, char *verb, struct azvpn_error *error)
{
	char unit[sizeof(UNIT) + sizeof(ike->name) + sizeof(".service")];
	char program[] = "systemctl";
	char *argv[] = { program, verb, unit, NULL };

	snprintf(unit, sizeof(unit), UNIT "%s.service", ike->name);
	if (run(SYSTEMCTL, argv))
		return azvpn_error_set(error, -EIO,
				       "systemctl %s %s failed; \"journalctl -u %s\" says why",
				       verb, unit, unit);
	return 0;
}

/*
 * Whether systemd runs and has the unit; azvpnctl may also be used uninstalled.
 * The unit knows no other directories than the standard ones.
 */
static bool have_unit(void)
{
	static const char *const files[] = {
		"/etc/systemd/system/" UNIT ".service",
		"/usr/local/lib/systemd/system/" UNIT ".service",
		"/usr/lib/systemd/system/" UNIT ".service",
	};
	bool found = false;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		found |= !access(files[i], F_OK);
	return found && !access(SYSTEMD, F_OK) && azvpn_dirs_are_standard();
}

/* Our own program, by its name and not as /proc/self/exe, which ps(1) would show */
static int own_path(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);

	if (length < 0)
		return -errno;
	path[length] = '\0';
	return 0;
}

/* "azvpnctl ike run GATEWAY", as a session of its own: no terminal's signals reach it */
static int spawn(const struct azvpn_ike *ike, pid_t *pid)
{
	char program[] = "azvpnctl", group[] = "ike", command[] = "run", gateway[sizeof(ike->name)];
	char *argv[] = { program, group, command, gateway, NULL };
	posix_spawn_file_actions_t files;
	char path[PATH_MAX];
	posix_spawnattr_t attributes;
	int ret;

	ret = own_path(path, sizeof(path));
	if (ret)
		return ret;
	memcpy(gateway, ike->name, sizeof(gateway));
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, ike->log, O_WRONLY | O_CREAT | O_APPEND,
					 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	ret = posix_spawn(pid, path, &files, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return -ret;
}

static int spawn_and_wait(const struct azvpn_ike *ike, struct azvpn_error *error)
{
	char process[AZVPN_PROCESS_SIZE];
	int status, i;
	pid_t pid;
	int ret;

	ret = spawn(ike, &pid);
	if (ret)
		return azvpn_error_set(error, ret, "cannot start \"azvpnctl ike run\": %s",
				       strerror(-ret));
	for (i = 0; i < START_POLLS; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return start_failed(ike, "ended while starting", error);
		if (azvpn_ike_running(ike, process))
			return 0;
		pause_a_little();
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return start_failed(ike, "did not answer within a minute", error);
}

int azvpn_ike_start(const struct azvpn_ike *ike, struct azvpn_error *error)
{
	char process[AZVPN_PROCESS_SIZE], verb[] = "restart";
	int ret, i;

	if (access(AZVPN_IKE_CHARON, X_OK))
		return azvpn_error_set(error, -errno, "%s: %s; the package charon-systemd has it",
				       AZVPN_IKE_CHARON, strerror(errno));
	unlink(ike->socket);	/* of one that was killed */
	if (!have_unit())
		return spawn_and_wait(ike, error);
	/* "restart" also starts, and ends one that is there but deaf */
	ret = run_systemctl(ike, verb, error);
	for (i = 0; !ret && i < START_POLLS; i++) {
		if (azvpn_ike_running(ike, process))
			return 0;
		pause_a_little();
	}
	return ret ? ret : start_failed(ike, "did not answer within a minute", error);
}

/* Have a process end by a signal, within the time there is for that */
static bool ends(int pid, const char *process, int signal)
{
	int i;

	kill(pid, signal);
	for (i = 0; i < STOP_POLLS && azvpn_process_alive(pid, process); i++)
		pause_a_little();
	return i < STOP_POLLS;
}

int azvpn_ike_stop(const struct azvpn_ike *ike, struct azvpn_error *error)
{
	char process[AZVPN_PROCESS_SIZE], verb[] = "stop";
	int pid, i;

	if (have_unit() && run_systemctl(ike, verb, error))
		return -EIO;
	pid = find_charon(ike, process);
	if (pid <= 0)
		return 0;
	if (!ends(pid, process, SIGTERM) && !ends(pid, process, SIGKILL))
		return azvpn_error_set(error, -EBUSY,
				       "charon of gateway \"%s\", process %d, does not end",
				       ike->name, pid);
	/* Its parent removes this file as the last thing */
	for (i = 0; i < PARENT_POLLS && !access(ike->pid, F_OK); i++)
		pause_a_little();
	return 0;
}
