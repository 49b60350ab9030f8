/* conn.c - the form of one connection, drawn from the properties of its driver. */
#include "tui/app.h"
#include "tui/screens/conn_test.h"
#include "tui/screens/conns.h"
#include "tui/screens/pairs.h"
#include "tui/widgets/form.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	ACT_SAVE = TUI_ACT_OWN,
	ACT_TEST,
};

struct conn {
	char verb[8];  /* new edit copy */
	char from[72]; /* edit, copy: the one that is read */
	char type[40];
	sl_ticket ask_drivers, ask_get, ask_props, ask_put;
	struct sl_table *drivers; /* owned */
	struct tui_pairs old;     /* edit, copy: as saved */
	struct tui_form form;
	struct tui_pane pane;
	struct conn_test test;
	char saving[72];
};

static bool
init(struct tui_screen *s)
{
	struct conn *k = s->state;

	tui_form_init(&k->form);
	return true;
}

static void
fini(struct tui_screen *s)
{
	struct conn *k = s->state;

	tui_unask(s, &k->test.ask);
	sl_table_free(k->drivers);
	tui_pairs_free(&k->old);
	tui_form_free(&k->form);
}

/* ---- what kind ------------------------------------------------------------------------------- */

static void
ask_props(struct tui_screen *s, const char *type)
{
	struct conn *k = s->state;

	sl_copy(k->type, sizeof(k->type), type);
	k->ask_props = sl_props(tui_app_engine(s->app), SL_CONNECTION, k->type);
	tui_pane_asked(&k->pane, k->ask_props);
}

static void
type_chosen(struct tui_screen *s, int tag, int item)
{
	struct conn *k = s->state;
	const char *name = item >= 0 ? sl_table_get(k->drivers, (unsigned)item, "name") : NULL;

	(void)tag;
	if (name)
		ask_props(s, name);
	else
		tui_app_back(s->app);
}

static void
choose_type(struct tui_screen *s)
{
	const struct conn *k = s->state;
	unsigned n = sl_table_rows(k->drivers);
	struct tui_menu_item *items = calloc(n + 1, sizeof(*items));
	char(*note)[160] = calloc(n + 1, sizeof(*note));

	for (unsigned i = 0; items && note && i < n; i++) {
		const char *role = sl_table_get(k->drivers, i, "role");
		const char *help = sl_table_get(k->drivers, i, "help");
		snprintf(note[i], sizeof(note[i]), "%s \u00b7 %s", role ? role : "",
			 help ? help : "");
		items[i].label = sl_table_get(k->drivers, i, "title");
		items[i].note = note[i];
	}
	struct tui_menu m = { .title = "A new connection to",
			      .items = items,
			      .nitems = items && note ? n : 0,
			      .done = type_chosen };
	tui_app_menu(s->app, s, &m);
	free(items);
	free(note);
}

/* ---- the form -------------------------------------------------------------------------------- */

static enum tui_field_type
field_type(const char *type)
{
	static const struct {
		const char *name;
		enum tui_field_type type;
	} types[] = { { "secret", TUI_FIELD_SECRET },
		      { "int", TUI_FIELD_NUMBER },
		      { "bool", TUI_FIELD_BOOL },
		      { "enum", TUI_FIELD_CHOICE },
		      { "list", TUI_FIELD_LIST } };

	for (size_t i = 0; i < SL_COUNT(types); i++) {
		if (strcmp(type, types[i].name) == 0)
			return types[i].type;
	}
	return TUI_FIELD_TEXT;
}

static bool
add_name(struct conn *k)
{
	bool edit = strcmp(k->verb, "edit") == 0;
	struct tui_field_def d = {
		.name = "name",
		.type = TUI_FIELD_TEXT,
		.required = true,
		.locked = edit,
		.value = edit ? k->from : NULL,
		.help = "Small letters, digits, - and _; also the name of its file"
	};

	return tui_form_add(&k->form, &d);
}

static bool
add_field(struct conn *k, const struct sl_table *t, unsigned row)
{
	const char *name = sl_table_get(t, row, "name"), *type = sl_table_get(t, row, "type");
	const char *required = sl_table_get(t, row, "required");
	struct tui_field_def d = { .name = name,
				   .type = field_type(type ? type : ""),
				   .choices = sl_table_get(t, row, "choices"),
				   .def = sl_table_get(t, row, "default"),
				   .help = sl_table_get(t, row, "help"),
				   .required = required && strcmp(required, "true") == 0 };

	if (!name || strcmp(name, "type") == 0)
		return true;
	d.value = tui_pairs_get(&k->old, name);
	return tui_form_add(&k->form, &d);
}

static void
make_form(struct conn *k, const struct sl_table *t)
{
	bool ok = add_name(k);

	for (unsigned i = 0; i < sl_table_rows(t) && ok; i++)
		ok = add_field(k, t, i);
	k->form.changed = false;
	if (ok)
		tui_pane_ready(&k->pane);
	else
		tui_pane_error(&k->pane, "no memory for the form", NULL);
}

/* Everything as settings, with the type first. False: no memory. */
static bool
collect(const struct conn *k, struct tui_pairs *out)
{
	const char *value;
	bool ok = tui_pairs_set(out, "type", k->type);

	for (size_t i = 0; i < k->form.nfields && ok; i++) {
		const char *name = tui_form_field(&k->form, i, &value);
		if (name && strcmp(name, "name") != 0)
			ok = tui_pairs_set(out, name, value);
	}
	return ok;
}

/* ---- entering -------------------------------------------------------------------------------- */

static void
enter(struct tui_screen *s, const char *arg)
{
	struct conn *k = s->state;

	if (!arg)
		return;
	size_t n = strcspn(arg, " ");
	const char *rest = arg[n] ? arg + n + 1 : "";
	snprintf(k->verb, sizeof(k->verb), "%.*s", (int)(n < 7 ? n : 7), arg);
	if (strcmp(k->verb, "new") != 0) {
		sl_copy(k->from, sizeof(k->from), rest);
		k->ask_get = sl_get(tui_app_engine(s->app), SL_CONNECTION, k->from);
		tui_pane_asked(&k->pane, k->ask_get);
	} else if (*rest) {
		ask_props(s, rest);
	} else {
		k->ask_drivers = sl_drivers(tui_app_engine(s->app));
		tui_pane_asked(&k->pane, k->ask_drivers);
	}
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Mistakes go to their fields; what has no field is told in the message row. */
static void
place_problems(struct tui_screen *s, const struct sl_msg *m)
{
	struct conn *k = s->state;
	const char *value;
	bool placed = false;
	char text[400];

	for (unsigned i = 0; i < sl_table_rows(m->table); i++) {
		const char *field = sl_table_get(m->table, i, "field");
		const char *problem = sl_table_get(m->table, i, "problem");
		const char *mend = sl_table_get(m->table, i, "mend");
		snprintf(text, sizeof(text), "%s%s%s", problem ? problem : "", mend ? ": " : "",
			 mend ? mend : "");
		for (size_t f = 0; field && f < k->form.nfields; f++) {
			const char *name = tui_form_field(&k->form, f, &value);
			if (!name || strcmp(name, field) != 0)
				continue;
			tui_form_error(&k->form, name, text);
			if (!placed)
				k->form.focus = f;
			placed = true;
		}
	}
	if (!placed && strstr(m->problem.where, "name"))
		tui_form_error(&k->form, "name", m->problem.message);
	tui_say_problem(s, &m->problem);
}

static void
take_put(struct tui_screen *s, const struct sl_msg *m)
{
	struct conn *k = s->state;

	if (m->failed) {
		place_problems(s, m);
		return;
	}
	k->form.changed = false;
	tui_app_say(s->app, TUI_SEV_OK, "saved connections/%s.json   t tests it", k->saving);
	tui_app_back(s->app);
}

static bool
message(struct tui_screen *s, const struct sl_msg *m)
{
	struct conn *k = s->state;

	if (conn_test_message(&k->test, m))
		return true;
	if (tui_asked(&k->ask_put, m)) {
		take_put(s, m);
		return true;
	}
	bool drivers = tui_asked(&k->ask_drivers, m), get = tui_asked(&k->ask_get, m);
	bool props = tui_asked(&k->ask_props, m);
	if (!drivers && !get && !props)
		return false;
	if (m->failed) {
		tui_pane_problem(&k->pane, &m->problem);
	} else if (drivers) {
		tui_pane_ready(&k->pane);
		k->pane.empty = "Choose what to connect to.";
		k->drivers = sl_table_copy(m->table);
		choose_type(s);
	} else if (get) {
		if (tui_pairs_read(&k->old, m->table))
			ask_props(s, tui_pairs_get(&k->old, "type"));
	} else {
		make_form(k, m->table);
	}
	return true;
}

/* ---- actions --------------------------------------------------------------------------------- */

static const char *
why_not(const struct tui_screen *s, int action)
{
	const struct conn *k = s->state;

	if (action == ACT_SAVE && tui_read_only(s))
		return tui_read_only(s);
	if ((action == ACT_SAVE || action == ACT_TEST) && k->form.nfields == 0)
		return "there is no form yet";
	return NULL;
}

static void
save(struct tui_screen *s)
{
	struct conn *k = s->state;
	struct tui_pairs set = { 0 };

	if (!tui_form_valid(&k->form)) {
		tui_app_say(s->app, TUI_SEV_WARN, "not saved: a field is wrong");
		return;
	}
	sl_copy(k->saving, sizeof(k->saving), tui_form_value(&k->form, "name"));
	tui_unask(s, &k->ask_put);
	if (collect(k, &set))
		k->ask_put = sl_put(tui_app_engine(s->app), SL_CONNECTION, k->saving, set.pair,
				    set.n, strcmp(k->verb, "edit") != 0);
	if (!k->ask_put)
		tui_app_say(s->app, TUI_SEV_ERROR,
			    "not saved: no memory, or the engine is closing");
	tui_pairs_free(&set);
}

static void
test(struct tui_screen *s)
{
	struct conn *k = s->state;
	struct tui_pairs set = { 0 };
	const char *name = tui_form_value(&k->form, "name");

	if (collect(k, &set))
		conn_test_start(s, &k->test, *name ? name : "new", set.pair, set.n);
	tui_pairs_free(&set);
}

static bool
leave_form(struct tui_screen *s)
{
	struct conn *k = s->state;

	return tui_ask_drop(s, "form", &k->form.changed);
}

static bool
input(struct tui_screen *s, const struct tui_event *ev)
{
	struct conn *k = s->state;

	return k->form.nfields > 0 && ev->type != TUI_EV_MOUSE && tui_form_event(&k->form, ev);
}

static const char *
typing(const struct tui_screen *s)
{
	const struct conn *k = s->state;

	return k->form.nfields > 0 ? "back" : NULL;
}

static bool
unsaved(const struct tui_screen *s)
{
	const struct conn *k = s->state;

	return k->form.changed;
}

static bool
action(struct tui_screen *s, const struct tui_cmd *cmd)
{
	struct conn *k = s->state;

	switch (cmd->action) {
	case ACT_SAVE:
		save(s);
		return true;
	case ACT_TEST:
		test(s);
		return true;
	case TUI_ACT_CANCEL:
		if (!k->test.ask)
			return false;
		conn_test_cancel(s, &k->test);
		return true;
	case TUI_ACT_BACK:
		return leave_form(s);
	default:
		return false;
	}
}

/* ---- drawing --------------------------------------------------------------------------------- */

static void
draw(const struct tui_screen *s, const struct tui_canvas *c)
{
	const struct conn *k = s->state;
	int low = k->test.ask || k->test.nsteps > 0 || k->test.failed ? (int)k->test.nsteps + 4 : 3;

	low = low > c->rows / 2 ? c->rows / 2 : low;
	struct tui_canvas form = tui_sub(c, 1, 1, c->rows - low - 1, c->cols - 2);
	struct tui_canvas foot = tui_sub(c, c->rows - low, 0, low, c->cols);
	if (tui_pane_draw(&k->pane, c, k->form.nfields > 0))
		return;
	if (k->form.nfields == 0)
		return;
	tui_form_draw(&k->form, &form, true);
	tui_hline(&foot, 0, 0, foot.cols, TUI_BORDER);
	if (low > 3)
		(void)conn_test_draw(&k->test, &foot, 1);
	else
		tui_puts(&foot, 1, 1, TUI_DIM,
			 "Secrets are never typed here: env:NAME, file:PATH, exec:COMMAND or "
			 "pgpass");
}

static void
crumb(const struct tui_screen *s, struct sl_buf *out)
{
	const struct conn *k = s->state;

	if (k->type[0])
		sl_buf_printf(out, "%s%s%s", k->type, k->from[0] ? " \u00b7 " : "",
			      strcmp(k->verb, "edit") == 0 ? k->from
			      : k->from[0]                 ? "a copy"
							   : "");
}

static int
tick_ms(const struct tui_screen *s)
{
	const struct conn *k = s->state;

	return k->test.ask ? 200 : tui_pane_tick_ms(&k->pane);
}

static bool
tick(struct tui_screen *s, int64_t now_us)
{
	(void)s;
	(void)now_us;
	return true;
}

#define GROUP "CONNECTION"
static const struct tui_action actions[] = {
	{ ACT_SAVE, "save", "F2 Ctrl-S Enter", "save", "check and write the file", GROUP, NULL, 0 },
	{ ACT_TEST, "test", "Ctrl-T F6", "test", "try it as typed, without saving", GROUP, NULL,
	  0 },
	{ TUI_ACT_NEXT_PANE, "next field", "Tab", "next field", "go through the fields", GROUP,
	  NULL, TUI_A_QUIET },
	{ TUI_ACT_CANCEL, "cancel test", "Ctrl-C", NULL, "stop the test", GROUP, NULL, 0 },
};

const struct tui_screen_ops tui_screen_conn = {
	.id = "conn",
	.title = "Connection",
	.state_size = sizeof(struct conn),
	.actions = actions,
	.nactions = SL_COUNT(actions),
	.init = init,
	.fini = fini,
	.enter = enter,
	.input = input,
	.typing = typing,
	.unsaved = unsaved,
	.action = action,
	.why_not = why_not,
	.message = message,
	.draw = draw,
	.crumb = crumb,
	.tick_ms = tick_ms,
	.tick = tick,
};
