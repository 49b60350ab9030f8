/* save.c - an object as the text of its file, and its deletion. */
#include "core/config/parts.h"

#include "core/base/near.h"
#include "core/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- JSON ------------------------------------------------------------------------------------ */

static void
put_string(struct sl_buf *b, struct sl_str s)
{
	json_t *v = json_stringn(s.ptr, s.len);
	char *text = v ? json_dumps(v, JSON_ENCODE_ANY) : NULL;

	b->failed |= !text;
	sl_buf_puts(b, text ? text : "");
	free(text);
	json_decref(v);
}

static void
put_list(struct sl_buf *b, const char *items)
{
	struct sl_buf item;
	bool first = true;

	sl_buf_init(&item, 0);
	sl_buf_putc(b, '[');
	for (; sl_prop_item(&items, &item); first = false) {
		sl_buf_puts(b, first ? "" : ", ");
		put_string(b, sl_buf_view(&item));
		b->failed |= item.failed;
	}
	sl_buf_putc(b, ']');
	sl_buf_free(&item);
}

/* SQL, one line of it a line of the file. */
static void
put_lines(struct sl_buf *b, const char *text)
{
	sl_buf_puts(b, "[\n");
	for (;;) {
		size_t n = strcspn(text, "\n");
		sl_buf_puts(b, "    ");
		put_string(b, (struct sl_str){ text, n });
		text += n;
		if (*text == '\0')
			break;
		sl_buf_puts(b, ",\n");
		text++;
	}
	sl_buf_puts(b, "\n  ]");
}

static void
put_value(struct sl_buf *b, const struct sl_prop *p, const char *text)
{
	int64_t n;
	bool number = p->type == SL_P_INT || p->type == SL_P_BYTES;

	if (number && sl_str_to_i64(sl_str(text), &n))
		sl_buf_printf(b, "%lld", (long long)n);
	else if (p->type == SL_P_BOOL)
		sl_buf_puts(b, strcmp(text, "true") == 0 ? "true" : "false");
	else if (p->type == SL_P_LIST)
		put_list(b, text);
	else if (p->type == SL_P_STRING && strchr(text, '\n') && strcmp(p->name, "sql") == 0)
		put_lines(b, text);
	else
		put_string(b, sl_str(text));
}

static void
put_name(struct sl_buf *b, const char *name)
{
	sl_buf_puts(b, b->len > 2 ? ",\n  " : "  ");
	put_string(b, sl_str(name));
	sl_buf_puts(b, ": ");
}

static void
put_map(struct sl_buf *b, const struct sl_config_check *w, const char *name)
{
	size_t len = strlen(name);
	bool open = false;

	for (size_t i = 0; i < w->nsettings; i++) {
		const struct sl_setting *s = &w->settings[i];
		if (strncmp(s->name, name, len) != 0 || s->name[len] != '.' || !s->value[0])
			continue;
		if (!open)
			put_name(b, name);
		sl_buf_puts(b, open ? ",\n    " : "{\n    ");
		put_string(b, sl_str(s->name + len + 1));
		sl_buf_puts(b, ": ");
		put_string(b, sl_str(s->value));
		open = true;
	}
	sl_buf_puts(b, open ? "\n  }" : "");
}

/* Same as the default? Numbers by value: "007" is 7. */
static bool
is_default(const struct sl_prop *p, const char *text)
{
	int64_t a, b;

	if (!p->def)
		return false;
	if (strcmp(p->def, text) == 0)
		return true;
	return p->type == SL_P_INT && sl_str_to_i64(sl_str(text), &a) &&
	       sl_str_to_i64(sl_str(p->def), &b) && a == b;
}

static void
put_object(struct sl_buf *b, const struct sl_config_check *w)
{
	const char *type = NULL;

	if (w->kind == SL_KIND_CONNECTION)
		type = sl_settings_get(w->settings, w->nsettings, "type");
	struct sl_shape shape = sl_shape_of(w->kind, type, w->drivers, w->ndrivers);
	sl_buf_puts(b, "{\n");
	if (type) {
		put_name(b, "type");
		put_string(b, sl_str(type));
	}
	for (size_t i = 0; i < shape.nprops; i++) {
		const struct sl_prop *p = &shape.props[i];
		const char *text = sl_settings_get(w->settings, w->nsettings, p->name);
		if (p->type == SL_P_MAP) {
			put_map(b, w, p->name);
		} else if (text && !is_default(p, text)) {
			put_name(b, p->name);
			put_value(b, p, text);
		}
	}
	sl_buf_puts(b, "\n}\n");
}

/* ---- save ------------------------------------------------------------------------------------ */

/* A name becomes a path: never one with a slash or a dot in it, whoever calls. */
static enum sl_code
check_name(enum sl_kind kind, const char *name, struct sl_err *err)
{
	if (sl_name_valid(name))
		return SL_OK;
	sl_fail(err, SL_E_CONFIG, "name", "this cannot be the name of a %s", sl_kind_name(kind));
	return sl_err_hint(err, "use 1 to 64 of a-z 0-9 _ -, starting with a letter or digit");
}

static bool
is_text(const struct sl_config_check *w)
{
	bool ok = true;

	for (size_t i = 0; i < w->nsettings && ok; i++)
		ok = sl_utf8_valid(sl_str(w->settings[i].name)) &&
		     sl_utf8_valid(sl_str(w->settings[i].value));
	return ok;
}

enum sl_code
sl_config_save(const struct sl_config_check *what, struct sl_err *err)
{
	char name[72], shown[96];
	struct sl_buf text;
	enum sl_code code = check_name(what->kind, what->name, err);

	if (code != SL_OK)
		return code;
	snprintf(name, sizeof(name), "%s.json", what->name);
	snprintf(shown, sizeof(shown), "%s/%s", sl_kind_folder(what->kind), name);
	sl_buf_init(&text, 0);
	put_object(&text, what);
	int dirfd = -1;
	if (!is_text(what)) {
		code = sl_fail(err, SL_E_CONFIG, shown, "a setting is not UTF-8 text");
	} else if (text.failed) {
		code = sl_fail(err, SL_E_NOMEM, shown, "no memory to write the file");
	} else {
		dirfd = sl_open_folder(what->config->dir, what->kind, true, err);
		code = dirfd < 0 ? err->code : SL_OK;
	}
	if (code == SL_OK) {
		struct sl_write w = { dirfd, name, shown, sl_buf_view(&text) };
		code = sl_write_whole(&w, err);
		close(dirfd);
	}
	sl_buf_free(&text);
	return code;
}

/* ---- delete ---------------------------------------------------------------------------------- */

static bool
uses(const struct sl_object_def *o, enum sl_kind kind, const char *name)
{
	static const char *const fields[SL_KINDS][2] = {
		[SL_KIND_CONNECTION] = { "source", "destination" },
		[SL_KIND_PROFILE] = { "profile", NULL },
	};

	for (int i = 0; o->kind == SL_KIND_SYNC && i < 2 && fields[kind][i]; i++) {
		const char *value = sl_object_get(o, fields[kind][i]);
		if (value && strcmp(value, name) == 0)
			return true;
	}
	return false;
}

static enum sl_code
fail_missing(const struct sl_config *c, enum sl_kind kind, const char *name, struct sl_err *err)
{
	struct sl_near near = sl_near(name);

	for (size_t i = 0; i < c->nobjects; i++) {
		if (c->objects[i].kind == kind)
			sl_near_try(&near, c->objects[i].name);
	}
	sl_fail(err, SL_E_NOTFOUND, "", "there is no %s \"%s\"", sl_kind_name(kind), name);
	return near.best ? sl_err_hint(err, "did you mean \"%s\"?", near.best) : err->code;
}

static enum sl_code
check_unused(const struct sl_config *c, enum sl_kind kind, const char *name, struct sl_err *err)
{
	struct sl_buf users;
	enum sl_code code = SL_OK;

	sl_buf_init(&users, 250);
	for (size_t i = 0; i < c->nobjects; i++) {
		if (uses(&c->objects[i], kind, name))
			sl_buf_printf(&users, "%s%s", users.len ? ", " : "", c->objects[i].name);
	}
	if (users.len > 0) {
		sl_fail(err, SL_E_CONFIG, "", "%s \"%s\" is in use by: %s%s", sl_kind_name(kind),
			name, sl_buf_cstr(&users), users.failed ? " and more" : "");
		code = sl_err_hint(err, "change or delete these syncs first");
	}
	sl_buf_free(&users);
	return code;
}

enum sl_code
sl_config_delete(const struct sl_config *c, enum sl_kind kind, const char *name, struct sl_err *err)
{
	const struct sl_object_def *o = sl_config_find(c, kind, name);

	if (!o)
		return fail_missing(c, kind, name, err);
	enum sl_code code = check_unused(c, kind, name, err);
	if (code != SL_OK)
		return code;
	int dirfd = sl_open_folder(c->dir, kind, false, err);
	if (dirfd < 0)
		return err->code;
	const char *base = strchr(o->file, '/') + 1;
	int sys = unlinkat(dirfd, base, 0) != 0 || fsync(dirfd) != 0 ? errno : 0;
	close(dirfd);
	return sys ? sl_fail_file(err, sys, o->file, "deleted") : SL_OK;
}
