/* test_config_drivers.c - the real drivers: their property tables hold, and the examples in the README
 * of a new workspace are right for them. */
#include "core/dest/dest.h"
#include "core/source/source.h"

#include <stdio.h>

#include "tests/lib/workspace.h"

#define MAX_DRIVERS 32

struct real {
	struct sl_driver_info info[MAX_DRIVERS];
	size_t n;
};

static void
collect(struct real *r)
{
	const struct sl_source_driver *s;
	const struct sl_dest_driver *d;

	*r = (struct real){ .n = 0 };
	for (size_t i = 0; (s = sl_source_at(i)) != NULL; i++)
		r->info[r->n++] =
			(struct sl_driver_info){ s->name, s->title, true, 0, s->props, s->nprops };
	for (size_t i = 0; (d = sl_dest_at(i)) != NULL; i++)
		r->info[r->n++] = (struct sl_driver_info){ d->name, d->title, false,
							   d->caps, d->props, d->nprops };
	assert_in_range(r->n, 4, MAX_DRIVERS);
}

/* "type" and names with dots belong to the config; defaults are right values; there is help. */
static void
test_property_tables(void **state)
{
	struct real r;
	struct sl_err err;

	(void)state;
	collect(&r);
	for (size_t i = 0; i < r.n; i++) {
		unsigned secrets = 0;
		for (size_t k = 0; k < r.info[i].nprops; k++) {
			const struct sl_prop *p = &r.info[i].props[k];
			assert_string_not_equal(p->name, "type");
			assert_null(strchr(p->name, '.'));
			assert_true(p->help && p->help[0]);
			assert_ptr_equal(sl_prop_find(r.info[i].props, r.info[i].nprops, p->name),
					 p);
			if (p->def && sl_prop_check(p, p->def, &err) != SL_OK)
				fail_msg("%s: %s", r.info[i].name, err.msg);
			secrets += p->type == SL_P_SECRET;
		}
		assert_in_range(secrets, 0, 1); /* a driver is handed one resolved secret */
	}
}

/* Put every "## folder/name.json" with the indented object below it into the workspace. */
static size_t
put_examples(const struct ws *w)
{
	const char *text = ws_text(w, "README.md");
	size_t n = 0;

	while ((text = strstr(text, "\n## ")) != NULL) {
		char file[64], body[2048];
		const char *start = strstr(text, "\n    {\n"), *end = strstr(text, "\n    }\n");
		text += 4;
		snprintf(file, sizeof(file), "%.*s", (int)strcspn(text, ":\n"), text);
		assert_true(start && end);
		snprintf(body, sizeof(body), "%.*s", (int)(end + 6 - start), start);
		ws_put(w, file, body);
		n++;
	}
	return n;
}

static void
test_examples_of_the_readme(void **state)
{
	struct ws *w = *state;
	struct real r;

	collect(&r);
	assert_int_equal(put_examples(w), 4);
	assert_int_equal(sl_config_load(w->dir, r.info, r.n, &w->config, &w->err), SL_OK);
	ws_expect(w, NULL, 0);
	assert_int_equal(w->config->nobjects, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_property_tables),
		WS_TEST(test_examples_of_the_readme),
	};

	return cmocka_run_group_tests_name("config drivers", tests, NULL, NULL);
}
