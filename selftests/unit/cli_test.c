// SPDX-License-Identifier: GPL-2.0
/*
 * The program itself, with nothing to apply its configuration to: exit
 * statuses, messages, and the JSON keys, which are to stay as they are.
 */
#include <jansson.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static char dir[64];
static char output[65536];

/* Run "azvpnctl COMMAND" with a shell. Return: its exit status; what it said is in @output. */
static int run(const char *command)
{
	char line[1024];
	size_t size;
	FILE *pipe;

	snprintf(line, sizeof(line), "%s %s 2>&1", AZVPNCTL, command);
	pipe = popen(line, "r");
	size = fread(output, 1, sizeof(output) - 1, pipe);
	output[size] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

static void says(int status, const char *words, const char *command)
{
	int got = run(command);

	if (got != status || !strstr(output, words))
		fail_msg("%s: exit status %d, not %d, or does not say \"%s\": %s", command, got,
			 status, words, output);
}

/* The keys of an object, with dots for what is inside, in order and separated by spaces */
static void list_keys(json_t *value, const char *path, char *list)
{
	char inner[256];
	const char *key;
	json_t *member;

	if (json_is_array(value))
		value = json_array_get(value, 0);
	if (!json_is_object(value)) {
		sprintf(list + strlen(list), "%s%s", *list ? " " : "", path);
		return;
	}
	json_object_foreach(value, key, member) {
		snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", key);
		list_keys(member, inner, list);
	}
}

static void keys_are(const char *want, const char *command)
{
	char list[2048] = "";
	json_t *document;

	assert_int_equal(run(command), 0);
	document = json_loads(output, 0, NULL);
	assert_non_null(document);
	list_keys(document, "", list);
	json_decref(document);
	assert_string_equal(list, want);
}

static int setup(void **state)
{
	char run_dir[96];

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/azvpn-cli-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(run_dir, sizeof(run_dir), "%s/run", dir);
	setenv("AZVPN_STATE_DIR", dir, 1);
	setenv("AZVPN_RUN_DIR", run_dir, 1);
	setenv("LD_LIBRARY_PATH", IPSEC_LIB, 1);
	says(0, "", "vnet create v --address-prefixes 10.1.0.0/16 10.2.0.0/16");
	says(0, "", "subnet create GatewaySubnet --vnet v --address-prefix 10.1.255.0/27");
	says(0, "", "gateway create g --vnet v --public-ip 203.0.113.1 --netns azvpn-cli-test --no-apply");
	says(0, "", "local-gateway create l --gateway-ip-address 198.51.100.1"
	     " --address-prefixes=192.168.0.0/24,192.168.1.0/24");
	says(0, "", "connection create c --gateway g --local-gateway l --no-apply");
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void json_keys(void **state)
{
	(void)state;
	keys_are("name addressSpace.addressPrefixes subnets.name subnets.addressPrefix",
		 "vnet show v -j");
	keys_are("name vnet addressPrefix", "-j subnet show GatewaySubnet --vnet v");
	keys_are("name gatewayType vpnType vnet publicIpAddress privateIpAddress"
		 " bgpSettings.bgpPeeringAddress netns",
		 "gateway show g --json");
	keys_are("name gatewayIpAddress localNetworkAddressSpace.addressPrefixes",
		 "local-gateway show l -j");
	keys_are("name connectionType gateway localGateway gatewayIpAddress device tunnelId"
		 " sharedKey connectionStatus ingressBytesTransferred egressBytesTransferred"
		 " ikeEstablishedSeconds", "connection show c -j");
	keys_are("value", "connection shared-key show c -j");
}

/* A list has the same objects as "show" */
static void lists_have_what_show_has(void **state)
{
	static const char *const pairs[][2] = {
		{ "-j vnet list", "-j vnet show v" },
		{ "-j subnet list", "-j subnet show GatewaySubnet --vnet v" },
		{ "-j gateway list", "-j gateway show g" },
		{ "-j local-gateway list", "-j local-gateway show l" },
		{ "-j connection list", "-j connection show c" },
		{ "-j status", "-j connection show c" },
	};
	json_t *list, *object;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(run(pairs[i][0]), 0);
		list = json_loads(output, 0, NULL);
		assert_int_equal(run(pairs[i][1]), 0);
		object = json_loads(output, 0, NULL);
		assert_int_equal(json_array_size(list), 1);
		assert_true(json_equal(json_array_get(list, 0), object));
		json_decref(list);
		json_decref(object);
	}
}

static void text(void **state)
{
	(void)state;
	assert_int_equal(run("gateway show g"), 0);
	assert_string_equal(output,
			    "Name:              g\n"
			    "VpnType:           RouteBased\n"
			    "VNet:              v\n"
			    "PublicIpAddress:   203.0.113.1\n"
			    "PrivateIpAddress:  10.1.255.4\n"
			    "BgpPeeringAddress: 10.1.255.30\n"
			    "Netns:             azvpn-cli-test\n");
	assert_int_equal(run("vnet list"), 0);
	assert_string_equal(output,
			    "Name  AddressPrefixes          Subnets\n"
			    "v     10.1.0.0/16,10.2.0.0/16  GatewaySubnet\n");
	says(0, "Unknown", "connection show c");
}

static void usage(void **state)
{
	static const char *const groups[] = {
		"vnet", "subnet", "gateway", "local-gateway", "connection", "tunnel", "sa",
		"policy", "ike",
	};
	static const char *const commands[] = {
		"vnet create", "subnet list", "gateway delete", "connection shared-key reset",
		"status", "apply", "export", "import", "sa list",
	};
	char command[128];
	size_t i;

	(void)state;
	says(2, "Commands:", "");
	says(0, "Commands:", "--help");
	says(0, "azvpnctl ", "--version");
	says(2, "\"bogus\" is not a command", "bogus");
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		says(2, "Usage: azvpnctl", groups[i]);
		snprintf(command, sizeof(command), "%s --help", groups[i]);
		says(0, "Usage: azvpnctl", command);
		snprintf(command, sizeof(command), "%s bogus", groups[i]);
		says(2, "\"bogus\" is not a command", command);
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(command, sizeof(command), "%s --help", commands[i]);
		says(0, "-j, --json", command);
		assert_non_null(strstr(output, commands[i]));
		snprintf(command, sizeof(command), "%s --bogus", commands[i]);
		says(2, "unrecognized option '--bogus'", command);
	}
	says(2, "NAME is missing", "vnet show");
	says(2, "\"y\" is one word too many", "vnet show x y");
	says(2, "--address-prefixes is missing", "vnet create x");
	says(2, "option '--vnet' requires an argument", "subnet list --vnet");
}

static void refusals(void **state)
{
	(void)state;
	says(1, "there is no VNet \"x\"", "vnet show x");
	says(1, "there is no gateway \"x\"", "status x");
	says(1, "\"10.0.0.0/8x\" is not a prefix", "vnet create x --address-prefixes 10.0.0.0/8x");
	says(1, "\"-x\" is not a name", "vnet create --address-prefixes 10.0.0.0/8 -n -x");
	says(1, "has a Vpn gateway already", "gateway create h --vnet v --public-ip 203.0.113.2");
	says(1, "give one", "sa list --netns a --gateway g");
	says(1, "No such file", "connection create d --gateway g --local-gateway l"
	     " --shared-key-file /nonexistent");
	says(3, "there is no network namespace \"azvpn-cli-test\"", "apply");
	says(3, "\"azvpnctl apply\" does the rest",
	     "connection create c --gateway g --local-gateway l");
}

/* Two ways to give a name, three to give a list */
static void ways_to_say_it(void **state)
{
	static const char *const ways[] = {
		"vnet create w --address-prefixes 10.5.0.0/16 10.6.0.0/16",
		"vnet create --name w --address-prefixes 10.5.0.0/16,10.6.0.0/16",
		"vnet create --address-prefixes=10.5.0.0/16 --address-prefixes=10.6.0.0/16 -n w",
		"vnet create w --address-prefixes 10.5.0.0/16, 10.6.0.0/16",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		says(0, "", ways[i]);
		says(0, "w     10.5.0.0/16,10.6.0.0/16", "vnet list");
		says(0, "", "vnet delete -n w");
	}
}

/* What is given changes and the rest stays; what cannot change is no option */
static void updates(void **state)
{
	(void)state;
	says(0, "", "vnet create u --address-prefixes 10.7.0.0/16");
	says(0, "\"10.8.0.0/16\"", "vnet update u --address-prefixes 10.8.0.0/16 -j");
	says(0, "10.8.0.0/16", "vnet show u");
	says(0, "", "local-gateway update l --gateway-ip-address 198.51.100.7 --no-apply");
	says(0, "198.51.100.7      192.168.0.0/24,192.168.1.0/24", "local-gateway list");
	says(1, "bits set outside", "local-gateway update l --address-prefixes 10.0.0.1/8");
	says(1, "there is no VNet \"x\"", "vnet update x --address-prefixes 10.8.0.0/16");
	says(1, "there is no subnet \"x\" in VNet \"v\"",
	     "subnet update x --vnet v --address-prefix 10.1.0.0/24");
	says(2, "nothing is given that is to change", "vnet update u");
	says(2, "\"update\" is not a command", "gateway update g --vnet u");
	says(2, "unrecognized option '--gateway'", "connection update c --gateway g");
	says(0, "", "vnet delete u");
}

static void completes(void **state)
{
	(void)state;
	assert_int_equal(run("--complete"), 0);
	assert_non_null(strstr(output, "local-gateway\n"));
	assert_int_equal(run("--complete gateway"), 0);
	assert_string_equal(output, "create\nshow\nlist\ndelete\n");
	assert_int_equal(run("--complete connection shared-key"), 0);
	assert_string_equal(output, "show\nset\nreset\n");
	assert_int_equal(run("--complete gateway show"), 0);
	assert_string_equal(output, "g\n--json\n--help\n");
	assert_int_equal(run("--complete connection create x --local-gateway"), 0);
	assert_string_equal(output, "l\n");
	assert_int_equal(run("--complete gateway create x --vpn-type"), 0);
	assert_string_equal(output, "RouteBased\nPolicyBased\n");
	assert_int_equal(run("--complete apply"), 0);
	assert_string_equal(output, "g\n--json\n--help\n");
	assert_int_equal(run("--complete nonsense"), 0);
	assert_string_equal(output, "");
}

/* Another program's spelling must not be taken for the beginning of ours, and a key told */
static void options_are_whole_and_given_once(void **state)
{
	(void)state;
	says(2, "unrecognized option '--shared-key'",
	     "connection create x --gateway g --local-gateway l --shared-key=TopSecret");
	assert_null(strstr(output, "TopSecret"));
	says(2, "unrecognized option '--shared-key'",
	     "connection shared-key set c --shared-key TopSecret");
	assert_null(strstr(output, "TopSecret"));
	says(2, "--vnet is given twice",
	     "subnet create x --vnet v --vnet w --address-prefix 10.1.0.0/24");
	says(1, "there is no gateway \"x\"", "connection list --gateway x");
}

/* "#" hides the redirection that run() adds */
static void output_that_is_lost(void **state)
{
	(void)state;
	says(1, "the output could not be written", "vnet list 2>&1 > /dev/full #");
	says(1, "the output could not be written", "export 2>&1 > /dev/full #");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_keys),
		cmocka_unit_test(lists_have_what_show_has),
		cmocka_unit_test(text),
		cmocka_unit_test(usage),
		cmocka_unit_test(refusals),
		cmocka_unit_test(ways_to_say_it),
		cmocka_unit_test(updates),
		cmocka_unit_test(completes),
		cmocka_unit_test(options_are_whole_and_given_once),
		cmocka_unit_test(output_that_is_lost),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
