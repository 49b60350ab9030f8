#include "tests/lib/power_vfs.h"

#include "core/base/pacing.h"
#include "tests/lib/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#define SECTOR 512
#define FILES  16

struct op {
	struct op *next;
	bool truncate; /* to off */
	int64_t off;
	size_t n;
	uint8_t data[];
};

/* What the disk holds of a file, and what is on its way there. */
struct image {
	uint8_t *p;
	size_t n, cap;
	struct op *first, **last;
	bool named; /* its name is durable */
};

struct track {
	char path[512]; /* "" = free */
	struct image now;
	struct image old; /* of a file of this name whose removal is not durable */
	bool has_old, exists;
};

struct power_file {
	sqlite3_file base;
	struct track *t; /* NULL = not looked at */
	sqlite3_file *real;
};

static struct {
	sqlite3_vfs vfs, *real;
	struct sl_rng rng;
	struct track tracks[FILES];
	uint64_t cut_at, fail_at, syncs;
	bool cut, sticky, failed;
	int fail_sys, last_sys;
} power;

/* ---- images ---------------------------------------------------------------------------------- */

static void
image_init(struct image *m)
{
	*m = (struct image){ 0 };
	m->last = &m->first;
}

static void
drop_ops(struct image *m)
{
	while (m->first) {
		struct op *next = m->first->next;

		free(m->first);
		m->first = next;
	}
	m->last = &m->first;
}

static void
image_free(struct image *m)
{
	drop_ops(m);
	free(m->p);
	image_init(m);
}

static void
resize(struct image *m, size_t n)
{
	if (n > m->cap) {
		m->cap = n * 2;
		m->p = realloc(m->p, m->cap);
		assert_non_null(m->p);
	}
	if (n > m->n)
		memset(m->p + m->n, 0, n - m->n);
	m->n = n;
}

static void
put_piece(struct image *m, int64_t off, const uint8_t *p, size_t n)
{
	if ((size_t)off + n > m->n)
		resize(m, (size_t)off + n);
	memcpy(m->p + off, p, n);
}

static void
apply_all(struct image *m)
{
	for (const struct op *o = m->first; o; o = o->next) {
		if (o->truncate)
			resize(m, (size_t)o->off);
		else
			put_piece(m, o->off, o->data, o->n);
	}
	drop_ops(m);
}

static void
add_op(struct image *m, int64_t off, const void *p, size_t n)
{
	struct op *o = malloc(sizeof *o + n);

	assert_non_null(o);
	*o = (struct op){ .truncate = !p, .off = off, .n = n };
	if (p)
		memcpy(o->data, p, n);
	*m->last = o;
	m->last = &o->next;
}

/* How likely a piece arrives: disks differ, and some keep the order. */
struct luck {
	unsigned percent;
	size_t in_order; /* the first so many operations whole, then nothing; SIZE_MAX = not so */
};

static bool
arrives(const struct luck *l, size_t nth)
{
	if (l->in_order != SIZE_MAX)
		return nth < l->in_order;
	return sl_rng_below(&power.rng, 100) < l->percent;
}

static void
apply_some(struct image *m, const struct luck *l)
{
	size_t nth = 0;

	for (const struct op *o = m->first; o; o = o->next, nth++) {
		if (o->truncate) {
			if (arrives(l, nth))
				resize(m, (size_t)o->off);
			continue;
		}
		for (size_t at = 0; at < o->n;) {
			size_t n = SECTOR - (size_t)(o->off + (int64_t)at) % SECTOR;

			n = n < o->n - at ? n : o->n - at;
			if (arrives(l, nth))
				put_piece(m, o->off + (int64_t)at, o->data + at, n);
			at += n;
		}
	}
	drop_ops(m);
}

/* ---- the files that are looked at -------------------------------------------------------------- */

static void
load_image(struct image *m, const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t buf[16384];
	size_t n;

	image_init(m);
	m->named = f != NULL;
	while (f && (n = fread(buf, 1, sizeof buf, f)) > 0)
		put_piece(m, (int64_t)m->n, buf, n);
	if (f)
		(void)fclose(f);
}

static struct track *
find_track(const char *path)
{
	for (size_t i = 0; i < FILES; i++)
		if (strcmp(power.tracks[i].path, path) == 0)
			return &power.tracks[i];
	return NULL;
}

/* Before the file is opened, and perhaps made. */
static struct track *
track_of(const char *path)
{
	struct track *t = find_track(path);

	if (!t) {
		t = find_track("");
		if (!t)
			abort(); /* FILES is too small */
		(void)snprintf(t->path, sizeof t->path, "%s", path);
		load_image(&t->now, path);
		image_init(&t->old);
		t->exists = t->now.named;
	}
	if (!t->exists) {
		image_free(&t->now);
		t->exists = true;
	}
	return t;
}

static void
become_durable(struct track *t)
{
	apply_all(&t->now);
	t->now.named = true; /* SQLite syncs the directory with a new WAL */
	image_free(&t->old);
	t->has_old = false;
}

static void
write_back(struct track *t)
{
	const struct luck luck = {
		.percent = (unsigned[]){ 0, 10, 50, 90, 100 }[sl_rng_below(&power.rng, 5)],
		.in_order =
			sl_rng_below(&power.rng, 3) == 0 ? sl_rng_below(&power.rng, 40) : SIZE_MAX
	};
	/* A name that is not durable may be there or not. */
	const bool now = t->exists && (t->now.named || sl_rng_below(&power.rng, 2));
	struct image *m = now                                         ? &t->now
			  : t->has_old && sl_rng_below(&power.rng, 2) ? &t->old
								      : NULL;
	FILE *f;

	if (!m) {
		(void)unlink(t->path);
		return;
	}
	apply_some(m, &luck);
	f = fopen(t->path, "wb");
	assert_non_null(f);
	assert_true(m->n == 0 || fwrite(m->p, 1, m->n, f) == m->n);
	assert_int_equal(fclose(f), 0);
}

/* ---- when it fails ----------------------------------------------------------------------------- */

/* May this call be made? Those that change the disk count for a cut. */
static bool
goes_on(bool changes)
{
	if (power.cut)
		return false;
	if (power.fail_at > 0 && (power.failed ? power.sticky : --power.fail_at == 0)) {
		power.failed = true;
		power.fail_at = power.fail_at ? power.fail_at : 1;
		power.last_sys = power.fail_sys;
		return false;
	}
	if (changes && power.cut_at > 0 && --power.cut_at == 0) {
		power.cut = true;
		power.last_sys = EIO;
		return false;
	}
	return true;
}

static int
error_of(int rc)
{
	return !power.cut && power.fail_sys == ENOSPC && rc == SQLITE_IOERR_WRITE ? SQLITE_FULL
										  : rc;
}

#define REAL(f) (((struct power_file *)(f))->real)

static int
on_close(sqlite3_file *f)
{
	int rc = REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;

	f->pMethods = NULL;
	return rc;
}

static int
on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 off)
{
	return goes_on(false) ? REAL(f)->pMethods->xRead(REAL(f), p, n, off) : SQLITE_IOERR_READ;
}

static int
on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 off)
{
	struct track *t = ((struct power_file *)f)->t;
	const bool go = goes_on(true);

	/* Of what was under way at a cut a part may arrive. */
	if (t && (go || power.cut))
		add_op(&t->now, off, p, (size_t)n);
	return go ? REAL(f)->pMethods->xWrite(REAL(f), p, n, off) : error_of(SQLITE_IOERR_WRITE);
}

static int
on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct track *t = ((struct power_file *)f)->t;
	const bool go = goes_on(true);

	if (t && (go || power.cut))
		add_op(&t->now, size, NULL, 0);
	return go ? REAL(f)->pMethods->xTruncate(REAL(f), size) : SQLITE_IOERR_TRUNCATE;
}

/* The real file need not be synced: the image is the disk. */
static int
on_sync(sqlite3_file *f, int flags)
{
	struct track *t = ((struct power_file *)f)->t;

	(void)flags;
	if (!goes_on(true))
		return SQLITE_IOERR_FSYNC;
	power.syncs++;
	if (t)
		become_durable(t);
	return SQLITE_OK;
}

static int
on_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return goes_on(false) ? REAL(f)->pMethods->xFileSize(REAL(f), size) : SQLITE_IOERR_FSTAT;
}

static int
on_lock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xLock(REAL(f), level);
}

static int
on_unlock(sqlite3_file *f, int level)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), level);
}

static int
on_reserved(sqlite3_file *f, int *out)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out);
}

static int
on_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int
on_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int
on_device(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int
on_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
	if (!goes_on(false)) {
		*out = NULL;
		return SQLITE_IOERR_SHMMAP;
	}
	return REAL(f)->pMethods->xShmMap(REAL(f), region, size, extend, out);
}

static int
on_shm_lock(sqlite3_file *f, int off, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), off, n, flags);
}

static void
on_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int
on_shm_unmap(sqlite3_file *f, int delete)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_reserved,
	.xFileControl = on_control,
	.xSectorSize = on_sector,
	.xDeviceCharacteristics = on_device,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

/* ---- the file system ----------------------------------------------------------------------------- */

static int
on_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct power_file *p = (struct power_file *)f;
	int rc;

	(void)v;
	*p = (struct power_file){ .real = (sqlite3_file *)(p + 1) };
	if (!goes_on(false))
		return SQLITE_CANTOPEN;
	if (name && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) &&
	    !(flags & SQLITE_OPEN_READONLY))
		p->t = track_of(name);
	rc = power.real->xOpen(power.real, name, p->real, flags, out);
	if (rc == SQLITE_OK || p->real->pMethods)
		p->base.pMethods = &methods;
	return rc;
}

static int
on_delete(sqlite3_vfs *v, const char *name, int sync)
{
	struct track *t = find_track(name);
	int rc;

	(void)v;
	if (!goes_on(true))
		return SQLITE_IOERR_DELETE;
	rc = power.real->xDelete(power.real, name, 0);
	if (!t || rc != SQLITE_OK || !t->exists)
		return rc;
	t->exists = false;
	if (t->now.named && !sync) {
		image_free(&t->old);
		t->old = t->now;
		if (!t->old.first)
			t->old.last = &t->old.first;
		t->has_old = true;
		image_init(&t->now);
	} else {
		image_free(&t->now);
	}
	return rc;
}

static int
on_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	return goes_on(false) ? power.real->xAccess(power.real, name, flags, out)
			      : SQLITE_IOERR_ACCESS;
}

static int
on_full_path(sqlite3_vfs *v, const char *name, int n, char *out)
{
	(void)v;
	return power.real->xFullPathname(power.real, name, n, out);
}

static int
on_error(sqlite3_vfs *v, int n, char *out)
{
	const int sys = power.last_sys;

	(void)v;
	if (sys == 0)
		return power.real->xGetLastError(power.real, n, out);
	power.last_sys = 0;
	return sys;
}

/* ---- for tests ----------------------------------------------------------------------------------- */

void
power_start(uint64_t seed)
{
	memset(&power, 0, sizeof power);
	power.rng.s = seed;
	power.real = sqlite3_vfs_find(NULL);
	power.vfs = *power.real;
	power.vfs.zName = "power";
	power.vfs.pNext = NULL;
	power.vfs.szOsFile = (int)sizeof(struct power_file) + power.real->szOsFile;
	power.vfs.xOpen = on_open;
	power.vfs.xDelete = on_delete;
	power.vfs.xAccess = on_access;
	power.vfs.xFullPathname = on_full_path;
	power.vfs.xGetLastError = on_error;
	assert_int_equal(sqlite3_vfs_register(&power.vfs, 1), SQLITE_OK);
}

void
power_stop(void)
{
	(void)sqlite3_vfs_unregister(&power.vfs);
	(void)sqlite3_vfs_register(power.real, 1);
	power.cut = false;
	power_back();
}

void
power_cut_after(uint64_t n)
{
	power.cut_at = n;
}

bool
power_is_cut(void)
{
	return power.cut;
}

void
power_back(void)
{
	char shm[520];

	for (size_t i = 0; i < FILES; i++) {
		struct track *t = &power.tracks[i];

		if (!t->path[0])
			continue;
		if (power.cut)
			write_back(t);
		(void)snprintf(shm, sizeof shm, "%s-shm", t->path);
		if (power.cut)
			(void)unlink(shm); /* memory */
		image_free(&t->now);
		image_free(&t->old);
		memset(t, 0, sizeof *t);
	}
	power.cut = false;
	power.cut_at = 0;
}

void
power_fail_after(uint64_t n, int sys, bool sticky)
{
	power.fail_at = n;
	power.fail_sys = sys;
	power.sticky = sticky;
	power.failed = false;
	power.last_sys = 0;
}

bool
power_has_failed(void)
{
	return power.failed;
}

uint64_t
power_syncs(void)
{
	return power.syncs;
}
