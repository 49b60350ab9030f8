/* append_file.h - a file of lines that is only appended to, by one or several processes.
 *
 * A group of lines is either wholly there or, where the disk lets us, wholly taken back. Each group
 * is written under flock(2). Belongs to one thread. */
#ifndef SL_APPEND_FILE_H
#define SL_APPEND_FILE_H

#include "core/base/str.h"

struct sl_append {
	int fd;     /* -1: not open, the file may not exist yet */
	char *path; /* owned */
	bool sync;  /* fdatasync after each group */
};

enum sl_append_end {
	SL_APPEND_OK,      /* written, and on the disk with sync */
	SL_APPEND_BUSY,    /* another process holds the lock: later */
	SL_APPEND_FAILED,  /* nothing of it is in the file; *sys is the errno */
	SL_APPEND_UNSURE,  /* some of it may be; *sys is the errno */
	SL_APPEND_UNUSABLE /* the file cannot be opened for writing; *sys is the errno */
};

/* Takes path. Opens the file if it exists; else proves that its directory is there and writable: the
 * file is made by the first group. */
enum sl_code sl_append_open(struct sl_append *f, char *path, bool sync, struct sl_err *err) SL_MUST;
void sl_append_close(struct sl_append *f);

/* lines: whole lines. A torn last line (a crash, another program) is ended first. The file is opened
 * again where it was moved or removed meanwhile. */
enum sl_append_end sl_append_write(struct sl_append *f, struct sl_str lines, int *sys) SL_MUST;

#endif
