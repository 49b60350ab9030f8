/* dest_rig.c - a destination driver under test. */
#include "tests/lib/dest_rig.h"

#include "core/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum sl_code
rig_open(struct rig *r, const char *driver, const char *secret, const char *base_dir,
	 const char *const *pairs)
{
	struct sl_dest_config cfg = { .secret = secret, .base_dir = base_dir };

	*r = (struct rig){ .drv = sl_dest_find(driver) };
	assert_non_null(r->drv);
	for (size_t i = 0; pairs[i]; i += 2) {
		const struct sl_prop *p = sl_prop_find(r->drv->props, r->drv->nprops, pairs[i]);

		assert_non_null(p);
		assert_int_equal(sl_prop_check(p, pairs[i + 1], &r->err), SL_OK);
		assert_true(r->nsettings < SL_COUNT(r->settings));
		r->settings[r->nsettings++] =
			(struct sl_setting){ .name = pairs[i], .value = pairs[i + 1] };
	}
	cfg.settings = r->settings;
	cfg.nsettings = r->nsettings;
	r->ctx = calloc(1, r->drv->ctx_size);
	assert_non_null(r->ctx);
	return r->drv->open(r->ctx, &cfg, &r->limits, &r->err);
}

void
rig_close(struct rig *r)
{
	r->drv->close(r->ctx);
	free(r->ctx);
	r->ctx = NULL;
}

void
parcel_fill(struct parcel *p, uint32_t n)
{
	static const char *const events[RIG_EVENTS] = {
		"{\"n\":0}", "{\"n\":1}", "{\"n\":2}", "{\"n\":3}",
		"{\"n\":4}", "{\"n\":5}", "{\"n\":6}", "{\"n\":7}",
	};

	assert_true(n <= RIG_EVENTS);
	*p = (struct parcel){ 0 };
	for (uint32_t i = 0; i < n; i++)
		p->bodies[i] = sl_str(events[i]);
	p->d = (struct sl_delivery){
		.n = n, .bodies = p->bodies, .outcomes = p->outcomes, .attempt = 1, .owner = p
	};
}

void
rig_done(void *arg, struct sl_delivery *d)
{
	struct rig *r = arg;
	struct parcel *p = d->owner;

	assert_false(p->done);
	p->done = true;
	r->completed++;
}

void
rig_submit(struct rig *r, struct parcel *p)
{
	assert_int_equal(r->drv->submit(r->ctx, &p->d, &r->err), SL_OK);
}

void
rig_wait(struct rig *r, struct parcel *p)
{
	for (int i = 0; i < 6000 && !p->done; i++)
		assert_int_equal(r->drv->poll(r->ctx, 10, rig_done, r, &r->err), SL_OK);
	assert_true(p->done);
}

const struct sl_outcome *
rig_send(struct rig *r, struct parcel *p, uint32_t n)
{
	parcel_fill(p, n);
	rig_submit(r, p);
	rig_wait(r, p);
	for (uint32_t i = 1; i < n; i++)
		assert_memory_equal(&p->outcomes[i], &p->outcomes[0], sizeof(p->outcomes[0]));
	return &p->outcomes[0];
}
