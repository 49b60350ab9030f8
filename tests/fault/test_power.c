/* test_power.c - the state under power cuts, and with every call to the disk failing in turn.
 *
 * The power fails in a random write of a random history (see tests/lib/state_model.h); what is left is
 * opened as ever, and must be the model as of the last commit that was told to be durable, or of the one
 * that was under way, whole. A state is never taken for damaged because an honest disk lost power, nor
 * because it could not be read for once. */
#include "tests/lib/check.h"
#include "tests/lib/power_vfs.h"
#include "tests/lib/state_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_long(void)
{
	const char *f = getenv("FAULT");

	return f && strcmp(f, "long") == 0;
}

static void
fail_with(const struct smodel *r)
{
	fail_msg("%s: %s", r->store.err.where, r->store.err.msg);
}

/* ---- power cuts --------------------------------------------------------------------------------------- */

static void
end_state(struct smodel *r)
{
	srig_close(&r->store);
	power_back();
	srig_remove(&r->store);
}

/* Opens it, also when the power fails again while it recovers. */
static void
reopen(struct smodel *r)
{
	for (;;) {
		enum sl_code code;

		power_back();
		power_cut_after(smodel_below(r, 4) ? 0 : 1 + smodel_below(r, 12));
		code = sl_store_open(r->store.dir, 0, &r->store.s, &r->store.err);
		power_cut_after(0);
		if (code == SL_OK)
			return;
		if (!power_is_cut())
			fail_with(r);
		smodel_nothing_aside(r);
	}
}

/* Transactions, checkpoints, closings, until the power is gone. */
static void
until_cut(struct smodel *r)
{
	enum sl_code code = SL_OK;
	struct sl_err err;
	bool more;

	r->unsure = false;
	while (!power_is_cut()) {
		code = smodel_transaction(r);
		if (code != SL_OK && !power_is_cut())
			fail_with(r);
		if (code == SL_OK && smodel_below(r, 12) == 0)
			(void)!sl_store_tidy(r->store.s, &more, &err);
		if (code == SL_OK && smodel_below(r, 25) == 0) {
			srig_close(&r->store);
			if (power_is_cut())
				return;
			code = sl_store_open(r->store.dir, 0, &r->store.s, &r->store.err);
			if (code != SL_OK && !power_is_cut())
				fail_with(r);
		}
	}
}

static void
test_power_cuts(void **state)
{
	const unsigned cuts = is_long() ? 20000 : 200;
	struct smodel r;

	(void)state;
	power_start(20260501);
	for (unsigned i = 0; i < cuts; i++) {
		if (i % 20 == 0)
			smodel_begin(&r, 1000 + i);
		reopen(&r);
		if (i % 20 != 0)
			smodel_check(&r);
		power_cut_after(1 + smodel_below(&r, i % 20 == 0 ? 60 : 500));
		until_cut(&r);
		srig_close(&r.store);
		if (i % 20 == 19 || i + 1 == cuts) {
			reopen(&r);
			smodel_check(&r);
			end_state(&r);
		}
	}
	power_stop();
	printf("# %u power cuts, 0 violations, 95 %% bound %.2g\n", cuts, 3.0 / cuts);
}

/* ---- every call fails in turn -------------------------------------------------------------------------- */

static void
clear_error(const struct smodel *r)
{
	const struct sl_err *e = &r->store.err;

	if (e->code != SL_E_IO && e->code != SL_E_LOCKED && e->code != SL_E_NOMEM)
		fail_msg("%s: %s", sl_code_name(e->code), e->msg);
	assert_true(e->msg[0]);
}

/* Somebody looks, while another one writes. */
static void
look(struct smodel *r)
{
	struct sl_store *reader;
	struct sl_snap *snap;
	size_t n;

	if (sl_store_open(r->store.dir, SL_STORE_READ, &reader, &r->store.err) != SL_OK) {
		clear_error(r);
		return;
	}
	if (srig_snapshot(reader, "users", &snap, &n, &r->store.err) == SL_OK)
		free(snap);
	else
		clear_error(r);
	sl_store_close(reader);
}

/* A short life of a state. After an error of the disk nothing more is tried, but when the disk was full. */
static void
short_life(struct smodel *r)
{
	bool dead = sl_store_open(r->store.dir, 0, &r->store.s, &r->store.err) != SL_OK;

	bool more;

	if (dead)
		clear_error(r);
	for (unsigned i = 0; i < 12 && !dead; i++) {
		if (smodel_transaction(r) != SL_OK) {
			clear_error(r);
			dead = !r->store.err.retryable;
		}
		if (i == 4 && sl_store_tidy(r->store.s, &more, &r->store.err) != SL_OK)
			clear_error(r);
		if (i == 6)
			look(r);
	}
	srig_close(&r->store);
}

static unsigned
fail_in_turn(int sys, bool sticky, unsigned stride)
{
	unsigned cases = 0;
	bool failed = true;

	for (unsigned n = 1; failed; n += stride, cases++) {
		struct smodel r;

		smodel_begin(&r, 77);
		srig_open(&r.store); /* what was there before */
		for (unsigned i = 0; i < 6; i++)
			srig_ok(smodel_transaction(&r));
		srig_close(&r.store);
		power_fail_after(n, sys, sticky);
		short_life(&r);
		failed = power_has_failed();
		power_fail_after(0, 0, false);
		power_back();
		smodel_nothing_aside(&r);
		srig_open(&r.store);
		smodel_check(&r);
		srig_ok(smodel_transaction(&r));
		srig_remove(&r.store);
		power_back();
	}
	return cases;
}

static void
test_every_call_fails_in_turn(void **state)
{
	const unsigned stride = is_long() ? 1 : 4;
	unsigned n;

	(void)state;
	power_start(1);
	n = fail_in_turn(EIO, false, 1 + stride / 2);
	n += fail_in_turn(ENOSPC, false, 1 + stride / 2);
	n += fail_in_turn(EIO, true, stride);
	n += fail_in_turn(ENOSPC, true, stride);
	power_stop();
	printf("# %u failures of the disk, 0 violations\n", n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_cuts),
		cmocka_unit_test(test_every_call_fails_in_turn),
	};

	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
