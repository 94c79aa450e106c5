// SPDX-License-Identifier: GPL-2.0
/* The parent of a gateway's charon. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ike.h"
#include "path.h"
#include "vici.h"

#define CHARON		AZVPN_IKE_CHARON
#define MODULE		"/sys/module/azvpn"
#define RETRY_SECONDS	5
/* How long a charon that is just ending may still have the ports, in units of PORT_MS */
#define PORT_MS		100
#define PORT_POLLS	(5 * 1000 / PORT_MS)
/* The run directory is in memory: a log may have this much, and as much again when full */
#define LOG_SIZE	(8 << 20)

/* Return: 0, -EADDRINUSE, or another negative errno */
static int try_port(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd, ret;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	close(fd);
	return ret;
}

/* Charon that does not get its ports would run all the same, and be deaf until it ends */
static int wait_for_ports(const struct azvpn_ike *ike, struct azvpn_error *error)
{
	const struct timespec interval = { .tv_nsec = PORT_MS * 1000000 };
	static const uint16_t ports[] = { 500, 4500 };
	int polls = 0, ret;
	size_t i;

	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		while ((ret = try_port(ports[i])) == -EADDRINUSE && polls++ < PORT_POLLS)
			nanosleep(&interval, NULL);
		if (ret)
			return azvpn_error_set(error, ret,
					       "UDP port %u of gateway \"%s\": %s; is another IKE daemon in its network namespace? \"systemctl disable --now strongswan\" ends Debian's",
					       ports[i], ike->name, strerror(-ret));
	}
	return 0;
}

static int write_pid(const struct azvpn_ike *ike, int pid, struct azvpn_error *error)
{
	char text[16];

	snprintf(text, sizeof(text), "%d\n", pid);
	return azvpn_file_replace(ike->pid, text, strlen(text), error);
}

/* In the child; what it inherits is kept, but for the signals that the parent waits for */
static void become_charon(const struct azvpn_ike *ike, pid_t parent, const sigset_t *signals)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)	/* it ended before that counted */
		_exit(1);
	sigprocmask(SIG_UNBLOCK, signals, NULL);
	if (setenv("STRONGSWAN_CONF", ike->config, 1))
		_exit(1);
	execl(CHARON, CHARON, (char *)NULL);
	fprintf(stderr, CHARON ": %s\n", strerror(errno));
	_exit(127);
}

/*
 * Whether a connection has an ESP SA, or charon is at it. A peer can also refuse
 * the ESP SA alone: then there is an IKE SA, and nothing in it.
 */
static bool is_cared_for(const json_t *sas, const char *name)
{
	const char *state;
	json_t *item, *sa;
	size_t i;

	json_array_foreach(sas, i, item) {
		sa = json_object_get(item, name);
		state = json_string_value(json_object_get(sa, "state"));
		if (sa && (json_object_size(json_object_get(sa, "child-sas")) ||
			   !state || strcmp(state, "ESTABLISHED")))
			return true;
	}
	return false;
}

/*
 * Try connections that nobody cares for, if so it was the last time too: one
 * that is just being loaded begins by itself. @missing takes those of now.
 */
static void retry(struct azvpn_vici *vici, json_t *missing)
{
	json_t *names = azvpn_vici_connections(vici, NULL);
	json_t *sas = names ? azvpn_vici_sas(vici, NULL) : NULL;
	const char *name;
	json_t *item;
	size_t i;

	json_array_foreach(names, i, item) {
		name = json_string_value(item);
		if (!sas || is_cared_for(sas, name)) {
			json_object_del(missing, name);
		} else if (json_object_get(missing, name)) {
			json_object_del(missing, name);
			azvpn_vici_initiate(vici, name, NULL);
		} else {
			json_object_set_new(missing, name, json_true());
		}
	}
	json_decref(names);
	json_decref(sas);
}

static void retry_once(const struct azvpn_ike *ike, json_t *missing)
{
	char process[AZVPN_PROCESS_SIZE];
	struct azvpn_vici *vici;

	if (!azvpn_ike_running(ike, process) || azvpn_vici_open(ike->socket, &vici, NULL))
		return;
	retry(vici, missing);
	azvpn_vici_close(vici);
}

/* What stands for the module as it was loaded this time; 0: it is not loaded */
static ino_t loaded_module(void)
{
	struct stat st;

	return stat(MODULE, &st) ? 0 : st.st_ino;
}

/*
 * Charon speaks to the module it has found at its start. When that is gone and
 * another is there it has to begin again; whoever starts it sees to that.
 */
static void follow_module(const struct azvpn_ike *ike, pid_t pid, ino_t *module)
{
	ino_t now = loaded_module();

	if (!now || now == *module)
		return;
	fprintf(stderr, "azvpnctl: the kernel module was loaded anew: charon of gateway \"%s\" ends\n",
		ike->name);
	kill(pid, SIGTERM);
	*module = now;
}

/* Charon opens its log anew when told to by this signal */
static void rotate_log(const struct azvpn_ike *ike, pid_t pid)
{
	char old[sizeof(ike->log) + sizeof(".1")];
	struct stat st;

	if (stat(ike->log, &st) || st.st_size < LOG_SIZE)
		return;
	snprintf(old, sizeof(old), "%s.1", ike->log);
	if (!rename(ike->log, old))
		kill(pid, SIGHUP);
}

/* Return: as azvpn_ike_run() */
static int supervise(const struct azvpn_ike *ike, pid_t pid, const sigset_t *signals)
{
	const struct timespec interval = { .tv_sec = RETRY_SECONDS };
	json_t *missing = json_object();
	ino_t module = loaded_module();
	int status, signal;

	for (;;) {
		signal = sigtimedwait(signals, NULL, &interval);
		if (signal == SIGTERM || signal == SIGINT)
			kill(pid, SIGTERM);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (signal < 0 && errno == EAGAIN) {
			retry_once(ike, missing);
			rotate_log(ike, pid);
			follow_module(ike, pid, &module);
		}
	}
	json_decref(missing);
	unlink(ike->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int azvpn_ike_run(const struct azvpn_ike *ike, struct azvpn_error *error)
{
	pid_t parent = getpid(), pid;
	sigset_t signals;
	int ret;

	ret = wait_for_ports(ike, error);
	if (ret)
		return ret;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	/* There are no other threads yet: libvici, which has some, comes later */
	pid = fork();
	if (pid < 0)
		return azvpn_error_set(error, -errno, "cannot start " CHARON ": %s",
				       strerror(errno));
	if (!pid)
		become_charon(ike, parent, &signals);
	ret = write_pid(ike, pid, error);
	if (!ret)
		return supervise(ike, pid, &signals);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return ret;
}
