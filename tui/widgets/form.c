/* form.c - the fields of a form: values, checks, keys. */
#include "tui/widgets/form_state.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

void
tui_form_init(struct tui_form *f)
{
	*f = (struct tui_form){ 0 };
}

static void
drop_fields(struct tui_form *f)
{
	for (size_t i = 0; i < f->nfields; i++) {
		struct tui_field_state *s = &f->field[i];
		free(s->name);
		free(s->label);
		free(s->choices);
		free(s->def);
		free(s->help);
		tui_input_free(&s->input);
	}
	f->nfields = f->focus = f->top = 0;
	f->changed = false;
}

void
tui_form_free(struct tui_form *f)
{
	drop_fields(f);
	free(f->field);
	*f = (struct tui_form){ 0 };
}

static bool
copy(char **out, const char *s)
{
	*out = s ? strdup(s) : NULL;
	return !s || *out;
}

static bool
can_focus(const struct tui_form *f, size_t i)
{
	return f->field[i].type != TUI_FIELD_TITLE && !f->field[i].locked;
}

bool
tui_form_add(struct tui_form *f, const struct tui_field_def *d)
{
	if (f->nfields == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 16;
		struct tui_field_state *more = realloc(f->field, cap * sizeof(*more));
		if (!more)
			return false;
		f->field = more;
		f->cap = cap;
	}
	struct tui_field_state *s = &f->field[f->nfields++];
	*s = (struct tui_field_state){ .type = d->type,
				       .required = d->required,
				       .locked = d->locked };
	tui_input_init(&s->input);
	s->input.complete = d->complete;
	bool ok = copy(&s->name, d->name) && copy(&s->label, d->label ? d->label : d->name) &&
		  copy(&s->choices, d->choices) && copy(&s->def, d->def) && copy(&s->help, d->help);
	if (ok && d->value)
		tui_input_set(&s->input, d->value);
	if (!can_focus(f, f->focus))
		f->focus = f->nfields - 1;
	return ok && !s->input.text.failed;
}

static struct tui_field_state *
find(const struct tui_form *f, const char *name)
{
	for (size_t i = 0; i < f->nfields; i++) {
		if (f->field[i].type != TUI_FIELD_TITLE && strcmp(f->field[i].name, name) == 0)
			return &f->field[i];
	}
	return NULL;
}

const char *
tui_form_value(const struct tui_form *f, const char *name)
{
	struct tui_field_state *s = find(f, name);

	return s ? tui_input_text(&s->input) : "";
}

void
tui_form_set(struct tui_form *f, const char *name, const char *value)
{
	struct tui_field_state *s = find(f, name);

	if (s)
		tui_input_set(&s->input, value);
}

const char *
tui_form_field(const struct tui_form *f, size_t i, const char **value)
{
	*value = "";
	if (i >= f->nfields || f->field[i].type == TUI_FIELD_TITLE)
		return NULL;
	*value = tui_input_text(&f->field[i].input);
	return f->field[i].name;
}

const char *
tui_form_focused(const struct tui_form *f)
{
	return f->focus < f->nfields && can_focus(f, f->focus) ? f->field[f->focus].name : NULL;
}

/* ---- checks ---------------------------------------------------------------------------------- */

void
tui_form_error(struct tui_form *f, const char *name, const char *msg)
{
	struct tui_field_state *s = find(f, name);

	if (s)
		snprintf(s->error, sizeof(s->error), "%s", msg ? msg : "");
}

/* The i-th of "a,b,c"; empty at the end. */
static struct sl_str
choice_at(const struct tui_field_state *s, size_t i)
{
	const char *p = s->choices ? s->choices : s->type == TUI_FIELD_BOOL ? "true,false" : "";

	for (;;) {
		const char *comma = strchrnul(p, ',');
		if (i == 0)
			return (struct sl_str){ p, (size_t)(comma - p) };
		if (!*comma)
			return (struct sl_str){ comma, 0 };
		p = comma + 1;
		i--;
	}
}

static bool
is_choice(const struct tui_field_state *s, struct sl_str value)
{
	for (size_t i = 0; choice_at(s, i).len > 0; i++) {
		if (sl_str_eq(choice_at(s, i), value))
			return true;
	}
	return false;
}

static bool
is_reference(const char *v)
{
	return strncmp(v, "env:", 4) == 0 || strncmp(v, "file:", 5) == 0 ||
	       strncmp(v, "exec:", 5) == 0 || strcmp(v, "pgpass") == 0;
}

static void
check_field(const struct tui_form *f, struct tui_field_state *s, bool complete)
{
	const char *v = tui_input_text(&s->input);
	struct sl_str value = sl_str_trim(sl_str(v));
	char *end;

	s->error[0] = '\0';
	if (s->type == TUI_FIELD_TITLE)
		return;
	if (value.len == 0) {
		if (s->required && complete && !s->def)
			snprintf(s->error, sizeof(s->error), "this is needed");
	} else if (s->type == TUI_FIELD_NUMBER && (strtod(v, &end), *end != '\0')) {
		snprintf(s->error, sizeof(s->error), "this must be a number");
	} else if ((s->type == TUI_FIELD_CHOICE || s->type == TUI_FIELD_BOOL) &&
		   !is_choice(s, value)) {
		snprintf(s->error, sizeof(s->error), "one of: %s",
			 s->choices ? s->choices : "true,false");
	} else if (s->type == TUI_FIELD_SECRET && !is_reference(v)) {
		snprintf(s->error, sizeof(s->error),
			 "say where the secret is: env:NAME, file:/path, exec:command or pgpass");
	}
	if (!s->error[0] && f->check)
		f->check(f->arg, s->name, v, s->error, sizeof(s->error));
}

bool
tui_form_valid(struct tui_form *f)
{
	bool ok = true;

	for (size_t i = f->nfields; i-- > 0;) {
		check_field(f, &f->field[i], true);
		if (!f->field[i].error[0])
			continue;
		ok = false;
		if (can_focus(f, i))
			f->focus = i;
	}
	return ok;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool
go(struct tui_form *f, int step)
{
	size_t i = f->focus;

	for (;;) {
		if ((step < 0 && i == 0) || (step > 0 && i + 1 >= f->nfields))
			return false;
		i = step < 0 ? i - 1 : i + 1;
		if (can_focus(f, i)) {
			f->focus = i;
			return true;
		}
	}
}

/* Tab goes round. */
static void
go_round(struct tui_form *f, int step)
{
	if (go(f, step))
		return;
	for (size_t i = 0; i < f->nfields; i++) {
		size_t at = step > 0 ? i : f->nfields - 1 - i;
		if (can_focus(f, at)) {
			f->focus = at;
			return;
		}
	}
}

static bool
choose(struct tui_field_state *s, const struct tui_event *ev)
{
	struct sl_str now = sl_buf_view(&s->input.text);
	size_t n = 0, at = SIZE_MAX;
	char text[200];

	if (now.len == 0 && s->def)
		now = sl_str(s->def);
	for (; choice_at(s, n).len > 0; n++) {
		if (sl_str_eq(choice_at(s, n), now))
			at = n;
	}
	if (n == 0)
		return false;
	if (ev->key == ' ' || ev->key == TUI_K_RIGHT) {
		at = at == SIZE_MAX ? 0 : (at + 1) % n;
	} else if (ev->key == TUI_K_LEFT) {
		at = at == SIZE_MAX || at == 0 ? n - 1 : at - 1;
	} else if (ev->key < 0x80 && isalnum((int)ev->key)) {
		size_t i = 0;
		while (i < n && tolower((unsigned char)choice_at(s, (at + 1 + i) % n).ptr[0]) !=
					tolower((int)ev->key))
			i++;
		if (i == n)
			return true;
		at = (at + 1 + i) % n;
	} else {
		return false;
	}
	snprintf(text, sizeof(text), SL_FMT, SL_ARG(choice_at(s, at)));
	tui_input_set(&s->input, text);
	return true;
}

static bool
edit(struct tui_form *f, const struct tui_event *ev)
{
	struct tui_field_state *s = &f->field[f->focus];
	bool pick = s->type == TUI_FIELD_CHOICE || s->type == TUI_FIELD_BOOL;
	bool taken;

	if (!can_focus(f, f->focus))
		return false;
	if (pick && ev->type == TUI_EV_KEY && ev->key == TUI_K_BACKSPACE) {
		tui_input_set(&s->input, "");
		taken = true;
	} else if (pick) {
		taken = ev->type == TUI_EV_KEY && choose(s, ev);
	} else {
		taken = tui_input_event(&s->input, ev);
	}
	if (taken) {
		f->changed = true;
		check_field(f, s, false);
	}
	return taken;
}

/* The only candidate is in the field already: Tab goes on. */
static bool
is_completed(const struct tui_input *in)
{
	return in->found.len > 0 &&
	       memchr(in->found.ptr, '\n', in->found.len) == in->found.ptr + in->found.len - 1;
}

bool
tui_form_event(struct tui_form *f, const struct tui_event *ev)
{
	if (f->nfields == 0)
		return false;
	if (ev->type == TUI_EV_KEY) {
		switch (ev->key) {
		case TUI_K_TAB:
			if (f->field[f->focus].input.complete.find &&
			    !is_completed(&f->field[f->focus].input) && edit(f, ev) &&
			    f->field[f->focus].input.found.len > 0)
				return true;
			go_round(f, 1);
			return true;
		case TUI_K_BACKTAB:
			go_round(f, -1);
			return true;
		case TUI_K_DOWN:
			(void)go(f, 1);
			return true;
		case TUI_K_UP:
			(void)go(f, -1);
			return true;
		case TUI_K_ENTER:
			return go(f, 1);
		default:
			break;
		}
	}
	return edit(f, ev);
}
