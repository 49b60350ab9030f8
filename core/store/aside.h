/* aside.h - a damaged state is moved aside, and a new one begins in its place. Not for other layers. */
#ifndef SL_STORE_ASIDE_H
#define SL_STORE_ASIDE_H

#include "core/base/err.h"

/* What the mark in the directory of a state says. */
enum sl_aside_mark {
	SL_ASIDE_NONE,
	SL_ASIDE_SUSPECT, /* damage was met while it was in use: it must be looked over whole */
	SL_ASIDE_MOVING   /* it is being moved aside: that must be finished first */
};
enum sl_aside_mark sl_aside_marked(const char *dir);
void sl_aside_suspect(const char *dir); /* as well as it goes; keeps a mark that is there */
enum sl_code sl_aside_clear(const char *dir, struct sl_err *err) SL_MUST;

/* Move state.db, -wal and -shm to state.db.damaged-<UTC time>..., or finish such a move. Nothing is
 * deleted. With the lock held, and nothing open. */
enum sl_code sl_aside_move(const char *dir, struct sl_err *err) SL_MUST;
/* The newest of the files that were moved aside, without its folder; false: there is none. */
bool sl_aside_newest(const char *dir, char *name, size_t cap);

#endif
