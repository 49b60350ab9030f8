/* test_addresses.c - addresses that are never a destination, in every spelling; and those that are. */
#include "core/dest/http_client.h"
#include "core/dest/http_url.h"

#include "tests/lib/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

static const char *const never[] = {
	/* the metadata service, as itself and in what programs take for it */
	"169.254.169.254", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376",
	"025177524776", "169.254.43518", "169.16689662", "0xa9.254.0251.254",
	"[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:a9fe:a9fe]",
	"[::169.254.169.254]", "[64:ff9b::169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
	"[2002:a9fe:a9fe::]", "[2002:a9fe:a9fe::1]", "[fd00:ec2::254]", "[fd00:0ec2:0:0:0:0:0:254]",
	"[fd20:ce::254]", "100.100.100.200", "1684301000", "0x646464c8", "0144.0144.0144.0310",
	"[::ffff:100.100.100.200]", "192.0.0.192", "168.63.129.16", "0xa83f8110",
	/* link-local */
	"169.254.0.1", "169.254.255.255", "169.254.1", "[fe80::1]", "[fe80::1%25lo]", "[febf::1]",
	"[fec0::1]",
	/* no address of one machine */
	"0.0.0.0", "0", "00", "0x0", "0.0", "0.1.2.3", "[::]", "[0:0:0:0:0:0:0:0]",
	"[::ffff:0.0.0.0]", "[::ffff:0:0]", "[64:ff9b::]", "224.0.0.1", "239.255.255.250",
	"255.255.255.255", "4294967295", "0xffffffff", "240.0.0.1", "[ff02::1]", "[ff0e::101]",
	"[::ffff:224.0.0.1]", "[2002:e000:1::]"
};

static void
test_never_a_destination(void **state)
{
	struct sl_err err;
	struct sl_http *h = sl_http_new(1, 2000, &err);
	struct sl_http_headers *headers = sl_http_headers_new();

	(void)state;
	assert_non_null(h);
	assert_non_null(headers);
	for (size_t i = 0; i < SL_COUNT(never); i++) {
		struct sl_http_request req = { .method = "GET", .headers = headers };
		struct sl_http_result r = { 0 };
		char url[128];

		(void)snprintf(url, sizeof url, "http://%s:9/", never[i]);
		req.url = url;
		assert_int_equal(sl_http_once(h, &req, (struct sl_str){ 0 }, &r, &err), SL_OK);
		if (!r.setup || r.sent || strstr(r.error, "never a destination") == NULL)
			print_error("%s: %s\n", never[i], r.error);
		assert_true(r.setup);
		assert_false(r.sent);
		assert_int_equal(r.status, 0);
		assert_non_null(strstr(r.error, "never a destination"));
	}
	sl_http_headers_free(headers);
	sl_http_free(h);
	print_message("# %zu addresses\n", SL_COUNT(never));
}

static bool
blocked(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return sl_http_blocked((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return sl_http_blocked((const struct sockaddr *)&v6);
}

/* Receivers are on this machine, in private networks and in the world. */
static void
test_a_destination(void **state)
{
	static const char *const good[] = {
		"127.0.0.1",        "127.1.2.3",      "10.0.0.1",         "172.16.0.1",
		"192.168.1.1",      "100.64.0.1",     "8.8.8.8",          "192.0.2.1",
		"169.253.1.1",      "169.255.1.1",    "223.255.255.255",  "::1",
		"fd12::1",          "2001:db8::1",    "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"64:ff9b::808:808", "2002:808:808::1"
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(good); i++) {
		if (blocked(good[i]))
			print_error("%s is refused\n", good[i]);
		assert_false(blocked(good[i]));
	}
}

/* Another kind of socket is none of HTTP's. */
static void
test_no_other_sockets(void **state)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };

	(void)state;
	assert_true(sl_http_blocked(&local));
}

static void
test_plaintext_stays_here(void **state)
{
	static const struct {
		const char *url;
		bool fits;
	} t[] = {
		{ "https://events.example.com", true },
		{ "http://events.example.com", false },
		{ "http://10.0.0.1", false },
		{ "http://localhost", true },
		{ "http://localhost.example.com", false },
		{ "http://127.0.0.1:8080", true },
		{ "http://2130706433", true }, /* 127.0.0.1 */
		{ "http://0x7f.1", true },
		{ "http://128.0.0.1", false },
		{ "http://[::1]:80", true },
		{ "http://[::2]", false },
		{ "http://127.0.0.1.example.com", false },
		{ "http://127.0.0.1@example.com", false },
		{ "https://user:pass@example.com", false },
		{ "ftp://localhost", false },
		{ "file:///etc/passwd", false },
		{ "gopher://127.0.0.1", false },
		{ "//example.com", false },
		{ "", false },
	};
	struct sl_http_url u;
	struct sl_err err;

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		const enum sl_code code = sl_http_url_parse(t[i].url, false, &u, &err);

		if ((code == SL_OK) != t[i].fits)
			print_error("%s: %s\n", t[i].url, code == SL_OK ? "taken" : err.msg);
		assert_int_equal(code == SL_OK, t[i].fits);
		if (code == SL_OK)
			sl_http_url_free(&u);
		else
			assert_null(strstr(err.msg, "user:pass"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_a_destination),
		cmocka_unit_test(test_a_destination),
		cmocka_unit_test(test_no_other_sockets),
		cmocka_unit_test(test_plaintext_stays_here),
	};
	return cmocka_run_group_tests_name("addresses", tests, NULL, NULL);
}
