/* test_dest_results.c - answers that tell event by event what became of a request: an event counts as
 * taken only where one item, and one alone, clearly says so. */
#include "core/dest/results.h"
#include "tests/lib/check.h"
#include "tests/lib/dest_rig.h"
#include "tests/lib/peer.h"

#include <stdio.h>
#include <stdlib.h>

#define N 3u

static const struct sl_str events[N] = {
	{ "{\"messageId\":\"a\",\"k\":1}", 23 },
	{ "{\"messageId\":\"b\",\"k\":2}", 23 },
	{ "{\"messageId\":\"c\",\"k\":2}", 23 },
};
static const struct sl_results_form by_place = { "results", "", "messageId" };
static const struct sl_results_form by_id = { "results", "id", "messageId" };
static const struct sl_results_form by_key = { "data.items", "ref.k", "k" };
static const struct sl_results_form itself = { ".", "", "messageId" };

/* A letter an event: A ack, R retry, T throttle, D refused, U unknown, K key refused. */
static void
read_as(const struct sl_results_form *f, struct sl_str answer, uint32_t n, struct sl_outcome *out,
	char *letters)
{
	static const char letter[] = {
		[SL_C_NONE] = '-',    [SL_C_ACK] = 'A',      [SL_C_RETRY] = 'R',
		[SL_C_UNKNOWN] = 'U', [SL_C_THROTTLE] = 'T', [SL_C_REJECT] = 'D',
		[SL_C_SPLIT] = 'S',   [SL_C_AUTH] = 'K',     [SL_C_CONFIG] = 'C'
	};

	for (uint32_t i = 0; i < n; i++)
		out[i] = (struct sl_outcome){ .cls = SL_C_ACK, .status = 207 };
	sl_results_read(f, answer, events, n, out);
	for (uint32_t i = 0; i < n; i++)
		letters[i] = letter[out[i].cls];
	letters[n] = '\0';
}

static void
check(const struct sl_results_form *f, const char *answer, uint32_t n, const char *want)
{
	struct sl_outcome out[N];
	char letters[N + 1];

	read_as(f, sl_str(answer), n, out, letters);
	if (strcmp(letters, want) != 0)
		fail_msg("%s: is %s, should be %s", answer, letters, want);
}

static void
one_item_is_read(void **state)
{
	static const char *const t[][2] = {
		{ "{\"status\":200}", "A" },
		{ "{\"status\":\"201\"}", "A" },
		{ "{\"status\":\"Created\"}", "A" },
		{ "{\"ok\":true}", "A" },
		{ "{\"success\":true,\"error\":null}", "A" },
		{ "{\"error\":null}", "A" },
		{ "{\"error\":\"\"}", "A" },
		{ "200", "A" },
		{ "\"ok\"", "A" },
		{ "{\"status\":422}", "D" },
		{ "{\"status\":404}", "D" },
		{ "{\"status\":501}", "D" },
		{ "{\"status\":\"failed\"}", "D" },
		{ "{\"ok\":false}", "D" },
		{ "{\"ok\":false,\"error\":null}", "D" },
		{ "{\"error\":\"no such field\"}", "D" },
		{ "{\"error\":{\"message\":\"no\"}}", "D" },
		{ "{\"error\":true}", "D" },
		{ "{\"status\":503}", "R" },
		{ "{\"status\":503,\"error\":\"later\"}", "R" },
		{ "{\"status\":\"retry\",\"ok\":false}", "R" },
		{ "{\"status\":408}", "R" },
		{ "{\"status\":429}", "T" },
		{ "{\"status\":\"throttled\"}", "T" },
		{ "{\"status\":401}", "K" },
		{ "{\"status\":302}", "U" },
		{ "{\"status\":0}", "U" },
		{ "{\"status\":99999999999999999999}", "U" },
		{ "{\"status\":200.5}", "U" },
		{ "{\"status\":true}", "U" },
		{ "{\"status\":null}", "U" },
		{ "{\"status\":ok}", "U" },
		{ "{\"status\":\"okay, perhaps\"}", "U" },
		{ "{\"status\":\"timeout\"}", "U" },
		{ "{\"ok\":\"true\"}", "U" },
		{ "{\"ok\":1}", "U" },
		{ "{\"error\":0}", "U" },
		{ "{\"message\":\"fine\"}", "U" },
		{ "{}", "U" },
		{ "[]", "U" },
		{ "null", "U" },
		{ "true", "U" },
		{ "{\"status\":200,\"ok\":false}", "U" },
		{ "{\"status\":200,\"error\":\"but not quite\"}", "U" },
		{ "{\"status\":500,\"ok\":true}", "U" },
		{ "{\"ok\":true,\"success\":false}", "U" },
		{ "{\"status\":200,\"status\":500}", "U" },
		{ "{\"ok\":true,\"ok\":true}", "U" },
	};

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++) {
		char answer[200];

		snprintf(answer, sizeof(answer), "{\"results\":[%s]}", t[i][0]);
		check(&by_place, answer, 1, t[i][1]);
		snprintf(answer, sizeof(answer), " [ %s ]\n", t[i][0]);
		check(&itself, answer, 1, t[i][1]);
	}
}

static void
items_stand_in_the_order_of_the_events(void **state)
{
	(void)state;
	check(&by_place, "{\"results\":[200,503,422]}", 3, "ARD");
	check(&by_place, "{\"results\":[200,503]}", 3, "UUU");
	check(&by_place, "{\"results\":[200,200,200,200]}", 3, "UUU");
	check(&by_place, "{\"results\":[]}", 3, "UUU");
	check(&by_place, "{\"results\":[200,null,200]}", 3, "AUA");
}

static void
items_name_their_events(void **state)
{
	(void)state;
	check(&by_id,
	      "{\"results\":[{\"id\":\"c\",\"ok\":true},{\"id\":\"a\",\"status\":503},"
	      "{\"id\":\"b\",\"ok\":false}]}",
	      3, "RDA");
	check(&by_id, "{\"results\":[{\"id\":\"\\u0062\",\"ok\":true}]}", 3, "UAU");
	check(&by_id, "{\"results\":[{\"id\":\"zz\",\"ok\":true},{\"id\":\"a\",\"ok\":true}]}", 3,
	      "AUU");
	check(&by_id, "{\"results\":[{\"ok\":true},{\"id\":null,\"ok\":true},200,\"a\"]}", 3,
	      "UUU");
	check(&by_id, "{\"results\":[{\"id\":\"b\",\"ok\":true},{\"id\":\"b\",\"ok\":true}]}", 3,
	      "UUU");
	check(&by_id,
	      "{\"results\":[{\"id\":\"b\",\"ok\":true},{\"id\":\"b\",\"ok\":false},"
	      "{\"id\":\"b\",\"ok\":true},{\"id\":\"a\",\"ok\":true}]}",
	      3, "AUU");
	/* two events of one name */
	check(&by_key,
	      "{\"data\":{\"items\":[{\"ref\":{\"k\":\"1\"},\"ok\":true},"
	      "{\"ref\":{\"k\":2},\"ok\":true}]}}",
	      3, "AUU");
}

static void
a_refused_key_is_told_from_a_refused_event(void **state)
{
	(void)state;
	check(&by_place, "{\"results\":[403,403,401]}", 3, "KKK");
	check(&by_place, "{\"results\":[200,403,503]}", 3, "ADR");
}

static void
what_cannot_be_read_acknowledges_nothing(void **state)
{
	static const char *const t[] = {
		"",
		"OK",
		"{\"results\":[200,200,200]",
		"{\"results\":[200,200,200]}}",
		"{\"results\":[200,200,200],}",
		"{\"results\":[200,200,\"\xff\"]}",
		"{\"results\":{\"a\":200}}",
		"{\"results\":200}",
		"{\"result\":[200,200,200]}",
		"[200,200,200]",
		"null",
	};
	char deep[2000];

	(void)state;
	for (size_t i = 0; i < SL_COUNT(t); i++)
		check(&by_place, t[i], 3, "UUU");
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	check(&itself, deep, 3, "UUU");
}

/* Every beginning of a good answer is a torn one. */
static void
a_torn_answer_acknowledges_nothing(void **state)
{
	static const char whole[] = "{\"results\":[{\"id\":\"a\",\"ok\":true},{\"id\":\"b\","
				    "\"status\":200},{\"id\":\"c\",\"status\":\"ok\"}]}";

	(void)state;
	for (size_t len = 0; len + 1 < sizeof(whole); len++) {
		struct sl_outcome out[N];
		char letters[N + 1];

		read_as(&by_id, (struct sl_str){ whole, len }, N, out, letters);
		assert_string_equal(letters, "UUU");
	}
	check(&by_id, whole, 3, "AAA");
}

static void
the_peers_words_and_statuses_are_kept(void **state)
{
	struct sl_outcome out[N];
	char letters[N + 1];

	(void)state;
	read_as(&by_place,
		SL_LIT("{\"results\":[{\"status\":422,\"message\":\" no \\u0041-Z\\n\"},"
		       "{\"ok\":false,\"error\":{\"message\":\"twice\"}},{\"status\":\"perhaps\"}]"
		       "}"),
		N, out, letters);
	assert_int_equal(out[0].status, 422);
	assert_string_equal(out[0].detail, "no A-Z");
	assert_int_equal(out[1].status, 207);
	assert_string_equal(out[1].detail, "twice");
	assert_string_equal(out[2].detail, "{\"status\":\"perhaps\"}");
	read_as(&by_id, SL_LIT("{\"results\":[]}"), N, out, letters);
	assert_non_null(strstr(out[2].detail, "no result"));
}

static void
the_webhook_asks_for_results(void **state)
{
	static const struct peer_step steps[] = {
		{ .act = PEER_ANSWER, .status = 207, .body = "{\"results\":[200,503,422]}" },
		{ .act = PEER_ANSWER, .status = 200, .body = "OK" },
		{ .act = PEER_ANSWER, .status = 500, .body = "{\"results\":[200,200,200]}" },
		{ .act = PEER_HALF, .status = 200, .body = "{\"results\":[200,200,200]}  " },
	};
	static const enum sl_class want[][N] = {
		{ SL_C_ACK, SL_C_RETRY, SL_C_REJECT },
		{ SL_C_UNKNOWN, SL_C_UNKNOWN, SL_C_UNKNOWN },
		{ SL_C_RETRY, SL_C_RETRY, SL_C_RETRY },
		{ SL_C_UNKNOWN, SL_C_UNKNOWN, SL_C_UNKNOWN },
	};
	struct peer *peer = peer_start(steps, SL_COUNT(steps));
	const char *pairs[] = { "url", peer_url(peer), "results", "results", NULL };
	struct rig r;

	(void)state;
	assert_int_equal(rig_open(&r, "webhook", NULL, NULL, pairs), SL_OK);
	for (size_t i = 0; i < SL_COUNT(want); i++) {
		struct parcel p;

		parcel_fill(&p, N);
		rig_submit(&r, &p);
		rig_wait(&r, &p);
		for (uint32_t k = 0; k < N; k++)
			assert_int_equal(p.outcomes[k].cls, want[i][k]);
	}
	rig_close(&r);
	peer_stop(peer);
}

/* One event may be answered with more than other drivers read at all; what is beyond any sense is not
 * read to its end, and acknowledges nothing. */
static void
long_answers(void **state)
{
	static const size_t blanks[] = { 60000, 9u << 20 };
	static const enum sl_class want[] = { SL_C_ACK, SL_C_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < SL_COUNT(blanks); i++) {
		char *body = malloc(blanks[i] + 64);
		struct peer_step step = { .act = PEER_ANSWER, .status = 200, .body = body };
		size_t n;

		assert_non_null(body);
		n = (size_t)snprintf(body, 64, "{\"results\":[200]}");
		memset(body + n, ' ', blanks[i]);
		body[n + blanks[i]] = '\0';
		struct peer *peer = peer_start(&step, 1);
		const char *pairs[] = { "url",          peer_url(peer), "results", "results",
					"batch_events", "10",           NULL };
		struct parcel p;
		struct rig r;

		assert_int_equal(rig_open(&r, "webhook", NULL, NULL, pairs), SL_OK);
		assert_int_equal(rig_send(&r, &p, 1)->cls, want[i]);
		rig_close(&r);
		peer_stop(peer);
		free(body);
	}
}

static void
a_name_without_a_list_is_refused(void **state)
{
	const char *pairs[] = { "url", "https://x.io", "results_id", "id", NULL };
	struct rig r;

	(void)state;
	assert_int_equal(rig_open(&r, "webhook", NULL, NULL, pairs), SL_E_CONFIG);
	assert_string_equal(r.err.where, "results_id");
	rig_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_item_is_read),
		cmocka_unit_test(items_stand_in_the_order_of_the_events),
		cmocka_unit_test(items_name_their_events),
		cmocka_unit_test(a_refused_key_is_told_from_a_refused_event),
		cmocka_unit_test(what_cannot_be_read_acknowledges_nothing),
		cmocka_unit_test(a_torn_answer_acknowledges_nothing),
		cmocka_unit_test(the_peers_words_and_statuses_are_kept),
		cmocka_unit_test(the_webhook_asks_for_results),
		cmocka_unit_test(long_answers),
		cmocka_unit_test(a_name_without_a_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
