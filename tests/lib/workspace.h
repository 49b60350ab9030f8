/* workspace.h - a workspace in a folder of its own, for tests: files are put in, loaded, looked at. */
#ifndef TESTS_WORKSPACE_H
#define TESTS_WORKSPACE_H

#include "core/config/config.h"
#include "tests/lib/check.h"

struct ws {
	char dir[64];
	struct sl_config *config; /* of the last ws_load() */
	struct sl_arena *arena;
	struct sl_err err;
};

/* A small table of drivers: a source "postgres", destinations "rudderstack" (can remove) and "table"
 * (takes rows only). */
extern const struct sl_driver_info ws_drivers[];
extern const size_t ws_ndrivers;

int ws_setup(void **state); /* a new workspace; *state is the struct ws */
int ws_teardown(void **state);
#define WS_TEST(f) cmocka_unit_test_setup_teardown(f, ws_setup, ws_teardown)

const char *ws_path(const struct ws *w, const char *file); /* until the fourth call after this */
void ws_put(const struct ws *w, const char *file, const char *text);
void ws_put_bytes(const struct ws *w, const char *file, const char *text, size_t n);
const char *ws_text(const struct ws *w, const char *file); /* until the next call */
int ws_count_files(const struct ws *w, const char *folder);
/* Connections warehouse and rudder, profiles users and rows, sync users; no mistake in them. */
void ws_put_good(const struct ws *w);
enum sl_code ws_save(struct ws *w, enum sl_kind kind, const char *name, const struct sl_setting *s,
		     size_t n);

void ws_load(struct ws *w);
struct ws_mistake {
	const char *file;
	int line;
	const char *field;
	const char *problem, *mend; /* parts of the texts */
};
/* Exactly these mistakes. */
void ws_expect(const struct ws *w, const struct ws_mistake *m, size_t n);
bool ws_problems_hold(const struct ws *w, const char *text);
void ws_remove_folder(const char *dir);

#endif
