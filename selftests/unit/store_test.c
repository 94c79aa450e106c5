// SPDX-License-Identifier: GPL-2.0
/* The store: transactions, crashes, several processes, file modes. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "store.h"
#include "wipe.h"

static struct azvpn_error error;
static char dir[64], file[96];

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/azvpn-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/azvpn.db", dir);
	return 0;
}

static int teardown(void **state)
{
	char journal[128];

	(void)state;
	snprintf(journal, sizeof(journal), "%s-journal", file);
	unlink(journal);
	unlink(file);
	return rmdir(dir);
}

static struct azvpn_store *open_store(enum azvpn_store_mode mode)
{
	struct azvpn_store *store = NULL;

	ok(azvpn_store_open(dir, mode, &store, &error));
	return store;
}

static int put_vnet(struct azvpn_store *store, const char *name, const char *list)
{
	struct azvpn_vnet vnet = make_vnet(name, list);
	int ret;

	ret = azvpn_store_put(store, &vnet, &error);
	azvpn_prefixes_clear(&vnet.prefixes);
	return ret;
}

static void put_everything(struct azvpn_store *store)
{
	struct azvpn_subnet subnet = make_subnet("v", "GatewaySubnet", "10.1.255.0/27");
	struct azvpn_gateway gateway = make_gateway("hub", "v", "203.0.113.1", "ns");
	struct azvpn_local_gateway local = make_local("dc", "198.51.100.1",
						      "192.168.1.0/24,192.168.0.0/24");
	struct azvpn_connection connection = make_connection("c", "hub", "dc");

	connection.tunnel_id = 7;
	ok(azvpn_key_set(&connection.key, "Secret123", 9, &error));
	ok(put_vnet(store, "v", "10.2.0.0/16,10.1.0.0/16"));
	ok(azvpn_store_put(store, &subnet, &error));
	ok(azvpn_store_put(store, &gateway, &error));
	ok(azvpn_store_put(store, &local, &error));
	ok(azvpn_store_put(store, &connection, &error));
	azvpn_prefixes_clear(&local.prefixes);
}

static void load(struct azvpn_store *store, struct azvpn_model *model)
{
	azvpn_model_init(model);
	ok(azvpn_store_load(store, model, &error));
}

static void comes_back_as_it_was_put(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);
	struct azvpn_connection *connection;
	struct azvpn_prefixes list;
	struct azvpn_model model;

	(void)state;
	put_everything(store);
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	store = open_store(AZVPN_STORE_READ);
	load(store, &model);
	list = prefixes("10.2.0.0/16,10.1.0.0/16");
	assert_true(azvpn_prefixes_equal(&azvpn_vnet_find(&model, "v")->prefixes, &list));
	azvpn_prefixes_clear(&list);
	assert_string_equal(azvpn_gateway_find(&model, "hub")->netns, "ns");
	assert_addr(azvpn_gateway_find(&model, "hub")->public_ip, "203.0.113.1");
	assert_int_equal(azvpn_local_gateway_find(&model, "dc")->prefixes.count, 2);
	connection = azvpn_connection_find(&model, "c");
	assert_int_equal(connection->tunnel_id, 7);
	assert_string_equal(connection->key.text, "Secret123");
	assert_int_equal(strlen(connection->key.tag), 16);
	azvpn_model_clear(&model);
	azvpn_store_close(store);
}

static size_t count_vnets(void)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_READ);
	struct azvpn_vnet *vnet = NULL;
	struct azvpn_model model;
	size_t n = 0;

	load(store, &model);
	while ((vnet = azvpn_model_next(&model, &azvpn_vnet_kind, vnet)))
		n++;
	azvpn_model_clear(&model);
	azvpn_store_close(store);
	return n;
}

static void reading_makes_nothing(void **state)
{
	(void)state;
	assert_int_equal(count_vnets(), 0);
	assert_int_equal(access(file, F_OK), -1);
}

static void what_is_not_committed_never_was(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);

	(void)state;
	ok(put_vnet(store, "a", "10.1.0.0/16"));
	azvpn_store_close(store);
	assert_int_equal(count_vnets(), 0);
	store = open_store(AZVPN_STORE_WRITE);
	ok(put_vnet(store, "a", "10.1.0.0/16"));
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	store = open_store(AZVPN_STORE_WRITE);
	ok(azvpn_store_clear(store, &error));
	ok(put_vnet(store, "b", "10.1.0.0/16"));
	ok(put_vnet(store, "c", "10.1.0.0/16"));
	azvpn_store_close(store);
	assert_int_equal(count_vnets(), 1);
}

static void wait_for_child(pid_t pid, int want)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status), want);
}

/*
 * So many prefixes that SQLite has to write to the file before the commit: the
 * file is then half new, and only the journal can bring the old one back.
 */
static void killed_halfway_leaves_the_old(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);
	struct azvpn_vnet vnet = make_vnet("huge", "");
	char journal[128];
	struct stat before, after;
	pid_t pid;
	int i;

	(void)state;
	ok(put_vnet(store, "old", "10.1.0.0/16"));
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	assert_int_equal(stat(file, &before), 0);
	pid = fork();
	if (!pid) {
		store = open_store(AZVPN_STORE_WRITE);
		vnet.prefixes.count = 120000;
		vnet.prefixes.list = calloc(vnet.prefixes.count, sizeof(*vnet.prefixes.list));
		for (i = 0; i < 120000; i++)
			vnet.prefixes.list[i] = (struct azvpn_prefix){
				{ AF_INET, .ip4.s_addr = htonl(0x0a000000 + 8 * i) }, 29
			};
		if (azvpn_store_clear(store, &error) ||
		    azvpn_store_put(store, &vnet, &error))
			_exit(1);
		raise(SIGKILL);
	}
	wait_for_child(pid, 1000 + SIGKILL);
	assert_int_equal(stat(file, &after), 0);
	snprintf(journal, sizeof(journal), "%s-journal", file);
	assert_true(after.st_size > before.st_size);
	assert_int_equal(access(journal, F_OK), 0);
	assert_int_equal(stat(journal, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0600);
	assert_int_equal(count_vnets(), 1);
	assert_int_equal(access(journal, F_OK), -1);
}

/* Change two objects for ever so that they are always alike after a commit */
static void change_for_ever(void)
{
	struct azvpn_store *store;
	char list[32];
	int i;

	for (i = 0;; i++) {
		if (azvpn_store_open(dir, AZVPN_STORE_WRITE, &store, &error))
			_exit(1);
		snprintf(list, sizeof(list), "10.%d.0.0/16", i % 250);
		if (put_vnet(store, "a", list) || put_vnet(store, "b", list) ||
		    azvpn_store_commit(store, &error))
			_exit(1);
		azvpn_store_close(store);
	}
}

static void killed_at_any_instant_leaves_old_or_new(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);
	struct azvpn_vnet *a, *b;
	struct azvpn_model model;
	int round;

	(void)state;
	ok(put_vnet(store, "a", "10.250.0.0/16"));
	ok(put_vnet(store, "b", "10.250.0.0/16"));
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	for (round = 0; round < 40; round++) {
		const struct timespec moment = { .tv_nsec = 500000L * (round + 1) };
		pid_t pid = fork();

		if (!pid)
			change_for_ever();
		/* Not waiting for anything: the moment is what the test is about */
		nanosleep(&moment, NULL);
		kill(pid, SIGKILL);
		wait_for_child(pid, 1000 + SIGKILL);
		store = open_store(AZVPN_STORE_READ);
		load(store, &model);
		a = azvpn_vnet_find(&model, "a");
		b = azvpn_vnet_find(&model, "b");
		assert_non_null(a);
		assert_non_null(b);
		assert_int_equal(a->prefixes.count, 1);
		assert_true(azvpn_prefixes_equal(&a->prefixes, &b->prefixes));
		azvpn_model_clear(&model);
		azvpn_store_close(store);
	}
}

/* Each adds a VNet of its own, reading what is there first: none may be lost */
static void writers_take_turns(void **state)
{
	pid_t pids[4];
	char name[32];
	int i, round;

	(void)state;
	for (i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		for (round = 0; round < 10; round++) {
			struct azvpn_store *store;
			struct azvpn_model model;

			azvpn_model_init(&model);
			if (azvpn_store_open(dir, AZVPN_STORE_WRITE, &store, &error) ||
			    azvpn_store_load(store, &model, &error))
				_exit(1);
			azvpn_model_clear(&model);
			snprintf(name, sizeof(name), "v%d-%d", i, round);
			if (put_vnet(store, name, "10.1.0.0/16") ||
			    azvpn_store_commit(store, &error))
				_exit(2);
			azvpn_store_close(store);
		}
		_exit(0);
	}
	for (i = 0; i < 4; i++)
		wait_for_child(pids[i], 0);
	assert_int_equal(count_vnets(), 40);
}

static void a_reader_sees_one_moment(void **state)
{
	struct azvpn_store *writer = open_store(AZVPN_STORE_WRITE);

	(void)state;
	ok(put_vnet(writer, "a", "10.1.0.0/16"));
	ok(azvpn_store_commit(writer, &error));
	azvpn_store_close(writer);
	writer = open_store(AZVPN_STORE_WRITE);
	ok(put_vnet(writer, "b", "10.1.0.0/16"));
	assert_int_equal(count_vnets(), 1);
	ok(azvpn_store_commit(writer, &error));
	azvpn_store_close(writer);
	assert_int_equal(count_vnets(), 2);
}

static void refuses_open(const char *words)
{
	struct azvpn_store *store;

	refused(words, azvpn_store_open(dir, AZVPN_STORE_WRITE, &store, &error));
	refused(words, azvpn_store_open(dir, AZVPN_STORE_READ, &store, &error));
}

static void file_is_the_owners_alone(void **state)
{
	struct azvpn_store *store;
	struct stat st;
	char target[96];

	(void)state;
	umask(0);
	store = open_store(AZVPN_STORE_WRITE);
	umask(022);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	put_everything(store);
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	chmod(file, 0640);
	refuses_open("has mode 0640, so others can get at its keys");
	chmod(file, 0600);
	assert_int_equal(count_vnets(), 1);
	snprintf(target, sizeof(target), "%s/target", dir);
	assert_int_equal(rename(file, target), 0);
	assert_int_equal(symlink(target, file), 0);
	refuses_open("is not a regular file");
	unlink(target);
}

static void makes_its_directory_for_the_owner_alone(void **state)
{
	char sub[80], sub_file[128];
	struct azvpn_store *store;
	struct stat st;

	(void)state;
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	umask(0);
	ok(azvpn_store_open(sub, AZVPN_STORE_WRITE, &store, &error));
	umask(022);
	azvpn_store_close(store);
	assert_int_equal(stat(sub, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(sub_file, sizeof(sub_file), "%s/azvpn.db", sub);
	unlink(sub_file);
	assert_int_equal(rmdir(sub), 0);
}

static void write_file(const char *text, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, text, size), size);
	close(fd);
}

static void refuses_what_it_did_not_write(void **state)
{
	static const char text[] = "this is a diary and no database, long enough to have a header "
				   "of the size that SQLite's would have, a hundred bytes.......";
	struct azvpn_store *store;
	int fd;

	(void)state;
	write_file(text, sizeof(text));
	refuses_open("is not a database of azvpnctl");
	unlink(file);
	store = open_store(AZVPN_STORE_WRITE);
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	/* user_version is a big-endian number at byte 60 of the file */
	fd = open(file, O_WRONLY);
	assert_int_equal(pwrite(fd, "\0\0\0\3", 4, 60), 4);
	close(fd);
	refuses_open("was written by another version of azvpnctl (schema 3, this one knows 1 to 2)");
}

/* What is there must be told from what never was: it is refused, and left as it is */
static void refuses_and_leaves(const char *words)
{
	char before[16384], after[16384];
	ssize_t size, now;
	int fd;

	fd = open(file, O_RDONLY);
	size = read(fd, before, sizeof(before));
	close(fd);
	refuses_open(words);
	fd = open(file, O_RDONLY);
	now = read(fd, after, sizeof(after));
	close(fd);
	assert_int_equal(now, size);
	assert_memory_equal(before, after, size);
}

static void an_empty_file_is_no_store(void **state)
{
	(void)state;
	write_file("", 0);
	refuses_and_leaves("is empty, which no store is, and left alone");
	write_file("SQLite format 3", 16);
	refuses_and_leaves("is cut off, which no store is, and left alone");
}

/* At every page that it may end with, and in the middle of one */
static void a_truncated_file_is_no_store(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);
	struct stat whole;
	off_t size;

	(void)state;
	put_everything(store);
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	assert_int_equal(stat(file, &whole), 0);
	assert_true(whole.st_size > 8 * 4096);
	for (size = whole.st_size - 2048; size >= 4096; size -= 2048) {
		assert_int_equal(truncate(file, size), 0);
		refuses_and_leaves("azvpn.db");
	}
}

/* One in use by another program: not even its journal mode may change */
static void a_foreign_database_is_left_alone(void **state)
{
	char wal[128], shm[128];
	sqlite3 *db;

	(void)state;
	snprintf(wal, sizeof(wal), "%s-wal", file);
	snprintf(shm, sizeof(shm), "%s-shm", file);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE diary (text)",
				      NULL, NULL, NULL), SQLITE_OK);
	refuses_and_leaves("is not a database of azvpnctl, and left alone");
	assert_int_equal(access(wal, F_OK), 0);
	sqlite3_close(db);
	refuses_and_leaves("is not a database of azvpnctl, and left alone");
	assert_int_equal(access(shm, F_OK), -1);
}

/* Killed or not, who makes the store leaves none or a whole one */
static void two_first_writers_lose_nothing(void **state)
{
	pid_t pids[4];
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		struct azvpn_store *store;

		snprintf(name, sizeof(name), "v%d", i);
		if (azvpn_store_open(dir, AZVPN_STORE_WRITE, &store, &error) ||
		    put_vnet(store, name, "10.1.0.0/16") || azvpn_store_commit(store, &error))
			_exit(1);
		_exit(0);
	}
	for (i = 0; i < 4; i++)
		wait_for_child(pids[i], 0);
	assert_int_equal(count_vnets(), 4);
}

/* Also the store itself lets no name dangle */
static void references_hold(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);
	struct azvpn_connection connection = make_connection("d", "nope", "dc");
	struct azvpn_model model;

	(void)state;
	put_everything(store);
	load(store, &model);
	connection.tunnel_id = 1;
	ok(azvpn_key_set(&connection.key, "Key", 3, &error));
	refused("FOREIGN KEY", azvpn_store_delete(store, azvpn_vnet_find(&model, "v"), &error));
	refused("FOREIGN KEY", azvpn_store_delete(store, azvpn_gateway_find(&model, "hub"), &error));
	refused("FOREIGN KEY",
		azvpn_store_delete(store, azvpn_local_gateway_find(&model, "dc"), &error));
	refused("FOREIGN KEY", azvpn_store_put(store, &connection, &error));
	ok(azvpn_store_delete(store, azvpn_connection_find(&model, "c"), &error));
	ok(azvpn_store_delete(store, azvpn_gateway_find(&model, "hub"), &error));
	ok(azvpn_store_delete(store, azvpn_vnet_find(&model, "v"), &error));
	azvpn_model_clear(&model);
	azvpn_store_close(store);
}

/* As somebody with sqlite3(1) does, where foreign keys do not count */
static void edit(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void refuses_load(const char *words)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_READ);
	struct azvpn_model model;

	azvpn_model_init(&model);
	refused(words, azvpn_store_load(store, &model, &error));
	azvpn_store_close(store);
}

static void refuses_what_was_edited_badly(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);

	(void)state;
	put_everything(store);
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	edit("PRAGMA ignore_check_constraints = 1; UPDATE connection SET tunnel_id = 0");
	refuses_load("the store: tunnel_id of a connection: \"0\" is not a number of 1 to 9999999");
	edit("UPDATE connection SET tunnel_id = 1; DELETE FROM local_gateway");
	refuses_load("refers to a \"local_gateway\" that is not there");
}

static bool file_has(const char *text)
{
	static char content[1 << 20];
	int fd = open(file, O_RDONLY);
	ssize_t size = read(fd, content, sizeof(content));

	close(fd);
	assert_true(size > 0);
	return memmem(content, size, text, strlen(text));
}

static void a_replaced_key_is_gone_from_the_file(void **state)
{
	struct azvpn_store *store = open_store(AZVPN_STORE_WRITE);
	struct azvpn_connection connection = make_connection("c", "hub", "dc");

	(void)state;
	put_everything(store);
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	assert_true(file_has("Secret123"));
	store = open_store(AZVPN_STORE_WRITE);
	connection.tunnel_id = 7;
	ok(azvpn_key_set(&connection.key, "Another", 7, &error));
	ok(azvpn_store_put(store, &connection, &error));
	ok(azvpn_store_commit(store, &error));
	azvpn_store_close(store);
	assert_false(file_has("Secret123"));
	assert_true(file_has("Another"));
}

int main(void)
{
#define CASE(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(comes_back_as_it_was_put),
		CASE(reading_makes_nothing),
		CASE(what_is_not_committed_never_was),
		CASE(killed_halfway_leaves_the_old),
		CASE(killed_at_any_instant_leaves_old_or_new),
		CASE(writers_take_turns),
		CASE(a_reader_sees_one_moment),
		CASE(file_is_the_owners_alone),
		CASE(makes_its_directory_for_the_owner_alone),
		CASE(refuses_what_it_did_not_write),
		CASE(an_empty_file_is_no_store),
		CASE(a_truncated_file_is_no_store),
		CASE(a_foreign_database_is_left_alone),
		CASE(two_first_writers_lose_nothing),
		CASE(references_hold),
		CASE(refuses_what_was_edited_badly),
		CASE(a_replaced_key_is_gone_from_the_file),
	};

	azvpn_wipe_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
