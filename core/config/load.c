/* load.c - read every file of the workspace; mistakes are collected, not returned. */
#include "core/config/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES (1 << 20)

/* A file on its way to an object. */
struct loaded {
	struct sl_object_def def;
	struct sl_parsed parsed;
};

struct load {
	struct sl_config *config;
	const struct sl_driver_info *drivers;
	size_t ndrivers;
	struct sl_problems problems;
	struct loaded *files;
	size_t n, cap;
	bool any_folder;
	int limit;         /* errno of a limit of the machine that stopped it; 0 = none */
	const char *where; /* the file or folder that it happened at */
};

/* No mistake of the file, and a workspace without it would be another one. */
static bool
is_limit(struct load *l, int sys, const char *where)
{
	if (sys != EMFILE && sys != ENFILE && sys != ENOMEM)
		return false;
	l->limit = sys;
	l->where = where;
	return true;
}

/* ---- one file -------------------------------------------------------------------------------- */

/* The whole file in *text; false: a problem was added. */
static bool
read_all(struct load *l, const char *file, int fd, struct sl_buf *text)
{
	struct sl_place at = { file, 0, "" };

	sl_buf_init(text, FILE_MAX_BYTES + 1);
	for (;;) {
		size_t left = FILE_MAX_BYTES + 1 - text->len;
		if (left == 0) {
			sl_problem_add(&l->problems, at, "the file is larger than 1 MiB");
			sl_problem_mend(&l->problems, "a workspace holds settings, not data: is "
						      "this the right file?");
			return false;
		}
		size_t want = left < 16384 ? left : 16384;
		if (!sl_buf_reserve(text, want)) {
			l->problems.nomem = true;
			return false;
		}
		ssize_t got = read(fd, text->ptr + text->len, want);
		if (got == 0)
			return true;
		if (got > 0) {
			text->len += (size_t)got;
		} else if (errno != EINTR) {
			sl_problem_add(&l->problems, at, "the file cannot be read: %s",
				       strerror(errno));
			sl_problem_mend(&l->problems, "copy it from a backup or delete it");
			return false;
		}
	}
}

/* An open regular file, or -1 after adding a problem. */
static int
open_file(struct load *l, const char *file, int dirfd, const char *name)
{
	struct sl_place at = { file, 0, "" };
	struct stat st;
	/* Without O_NONBLOCK a FIFO would hold us for ever. */
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && is_limit(l, errno, file))
		return -1;
	if (fd < 0) {
		sl_problem_add(&l->problems, at, "the file cannot be read: %s", strerror(errno));
		sl_problem_mend(&l->problems, "%s",
				errno == EACCES ? "make it readable: chmod u+r"
						: "remove it, or mend what it points to");
		return -1;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		sl_problem_add(&l->problems, at, "this is not a regular file");
		sl_problem_mend(&l->problems, "move it out of the workspace");
		close(fd);
		return -1;
	}
	return fd;
}

static void
load_file(struct load *l, struct loaded *f, int dirfd, const char *name)
{
	struct sl_parse_in in = { f->def.kind, f->def.file, l->drivers, l->ndrivers, &l->problems };
	size_t before = l->problems.total;
	struct sl_buf text;

	int fd = open_file(l, f->def.file, dirfd, name);
	if (fd >= 0) {
		if (read_all(l, f->def.file, fd, &text))
			sl_parse(&in, sl_buf_view(&text), &f->parsed);
		/* A secret in clear may have been in it. */
		if (text.ptr)
			explicit_bzero(text.ptr, text.cap);
		sl_buf_free(&text);
		close(fd);
	}
	f->def.broken = l->problems.total != before;
	f->def.settings = f->parsed.settings;
	f->def.nsettings = f->parsed.n;
}

/* ---- folders --------------------------------------------------------------------------------- */

static struct loaded *
new_file(struct load *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		struct loaded *files = realloc(l->files, cap * sizeof(*files));
		if (!files)
			return NULL;
		l->files = files;
		l->cap = cap;
	}
	l->files[l->n] = (struct loaded){ 0 };
	return &l->files[l->n++];
}

/* Length of the name without .json; 0: not one of our files. */
static size_t
stem_length(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && strcasecmp(name + n - 5, ".json") == 0 ? n - 5 : 0;
}

static void
load_entry(struct load *l, enum sl_kind kind, int dirfd, const char *name)
{
	struct sl_arena *a = l->config->arena;
	size_t stem = stem_length(name);

	if (stem == 0)
		return;
	struct loaded *f = new_file(l);
	char *file = sl_arena_printf(a, "%s/%s", sl_kind_folder(kind), name);
	char *object = sl_arena_strndup(a, name, stem);
	if (!f || !file || !object) {
		l->problems.nomem = true;
		return;
	}
	f->def.kind = kind;
	f->def.file = file;
	f->def.name = object;
	load_file(l, f, dirfd, name);
	if (strcmp(name + stem, ".json") != 0) {
		struct sl_place at = { file, 0, "name" };
		sl_problem_add(&l->problems, at, "the name must end in .json in small letters");
		sl_problem_mend(&l->problems, "rename the file");
		f->def.broken = true;
	}
}

static enum sl_code
load_folder(struct load *l, enum sl_kind kind, int root, struct sl_err *err)
{
	const char *folder = sl_kind_folder(kind);
	struct sl_place at = { folder, 0, "" };
	int fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	l->any_folder |= fd >= 0;
	if (!d) {
		int sys = errno;
		if (fd >= 0)
			close(fd);
		if (sys == ENOENT)
			return SL_OK;
		if (is_limit(l, sys, folder))
			return sl_fail_file(err, sys, folder, "opened");
		l->any_folder = true;
		sl_problem_add(&l->problems, at, "the folder cannot be read: %s", strerror(sys));
		sl_problem_mend(&l->problems, "%s",
				sys == ENOTDIR ? "it must be a folder: move the file away"
					       : "make it readable: chmod u+rx");
		return SL_OK;
	}
	struct dirent *e;
	while (errno = 0, (e = readdir(d)) != NULL)
		load_entry(l, kind, fd, e->d_name);
	int sys = errno;
	closedir(d);
	if (l->limit)
		return sl_fail_file(err, l->limit, l->where, "opened");
	return sys ? sl_fail_file(err, sys, folder, "listed") : SL_OK;
}

static enum sl_code
load_folders(struct load *l, const char *dir, struct sl_err *err)
{
	int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum sl_code code = SL_OK;

	if (root < 0 && errno == ENOENT) {
		sl_fail(err, SL_E_NOTFOUND, dir, "there is no workspace: no such folder");
		return sl_err_hint(err, "make one with `sluice init`, or name another with -w DIR");
	}
	if (root < 0 && errno == ENOTDIR) {
		sl_fail(err, SL_E_CONFIG, dir, "this is a file, not a workspace");
		return sl_err_hint(err, "name a folder with -w DIR");
	}
	if (root < 0)
		return sl_fail_file(err, errno, dir, "opened as a workspace");
	for (int k = 0; k < SL_KINDS && code == SL_OK; k++)
		code = load_folder(l, (enum sl_kind)k, root, err);
	close(root);
	if (code == SL_OK && !l->any_folder) {
		sl_fail(err, SL_E_NOTFOUND, dir,
			"this folder is not a workspace: it has no connections, profiles or syncs");
		return sl_err_hint(err,
				   "make it one with `sluice init`, or name another with -w DIR");
	}
	return code;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int
compare_files(const void *pa, const void *pb)
{
	const struct loaded *a = pa, *b = pb;

	if (a->def.kind != b->def.kind)
		return a->def.kind < b->def.kind ? -1 : 1;
	int by_name = strcmp(a->def.name, b->def.name);
	return by_name ? by_name : strcmp(a->def.file, b->def.file);
}

/* The objects as they were read, sorted, so that references between them can be looked up. */
static bool
make_objects(struct load *l)
{
	struct sl_config *c = l->config;

	if (l->n > 1)
		qsort(l->files, l->n, sizeof(*l->files), compare_files);
	c->objects = SL_NEW(c->arena, struct sl_object_def, l->n + 1);
	for (size_t i = 0; c->objects && i < l->n; i++)
		c->objects[i] = l->files[i].def;
	c->nobjects = c->objects ? l->n : 0;
	return c->objects;
}

static void
check_file(struct load *l, size_t i)
{
	struct sl_object_def *o = &l->config->objects[i];
	struct sl_config_check what = { l->config, l->drivers,  l->ndrivers, o->kind,
					o->name,   o->settings, o->nsettings };
	struct sl_checking c = { &what, o->file, l->files[i].parsed.bad, &l->problems };
	size_t before = l->problems.total;

	sl_check_name(&c);
	if (l->files[i].parsed.read)
		sl_check_object(&c);
	o->broken |= l->problems.total != before;
}

/* Drop what is not set and what may not be kept. */
static void
drop_settings(struct sl_object_def *o, const bool *bad)
{
	size_t n = 0;

	for (size_t i = 0; i < o->nsettings; i++) {
		if (!bad[i] && o->settings[i].value[0])
			o->settings[n++] = o->settings[i];
	}
	o->nsettings = n;
}

static enum sl_code
load_all(struct load *l, const char *dir, struct sl_err *err)
{
	struct sl_config *c = l->config;
	enum sl_code code = load_folders(l, dir, err);

	if (code != SL_OK)
		return code;
	if (!l->problems.nomem && make_objects(l)) {
		for (size_t i = 0; i < c->nobjects; i++)
			check_file(l, i);
		for (size_t i = 0; i < c->nobjects; i++)
			drop_settings(&c->objects[i], l->files[i].parsed.bad);
	}
	if (l->problems.nomem || !c->objects)
		return sl_fail(err, SL_E_NOMEM, dir, "out of memory while reading the workspace");
	sl_problems_sort(&l->problems);
	c->problems = l->problems.items;
	c->nproblems = l->problems.n;
	return SL_OK;
}

enum sl_code
sl_config_load(const char *dir, const struct sl_driver_info *drivers, size_t ndrivers,
	       struct sl_config **out, struct sl_err *err)
{
	struct sl_arena *a = sl_arena_new(16384, 0);
	struct sl_config *c = a ? SL_NEW(a, struct sl_config, 1) : NULL;
	struct load l = { .config = c, .drivers = drivers, .ndrivers = ndrivers };

	*out = NULL;
	if (c) {
		c->arena = a;
		c->dir = sl_arena_strndup(a, dir, strlen(dir));
		l.problems.arena = a;
	}
	enum sl_code code = c && c->dir ? load_all(&l, dir, err)
					: sl_fail(err, SL_E_NOMEM, dir, "out of memory");
	free(l.files);
	if (code == SL_OK)
		*out = c;
	else
		sl_arena_free(a);
	return code;
}

void
sl_config_free(struct sl_config *c)
{
	if (c)
		sl_arena_free(c->arena);
}

const struct sl_object_def *
sl_config_find(const struct sl_config *c, enum sl_kind kind, const char *name)
{
	for (size_t i = 0; i < c->nobjects; i++) {
		if (c->objects[i].kind == kind && strcmp(c->objects[i].name, name) == 0)
			return &c->objects[i];
	}
	return NULL;
}

const char *
sl_object_get(const struct sl_object_def *o, const char *name)
{
	return sl_settings_get(o->settings, o->nsettings, name);
}
