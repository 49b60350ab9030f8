/* writer.h - the one thread that writes state.db and log.db.
 *
 * Others hand it commands; it runs as many as are waiting in one transaction, commits, and then tells
 * each. A command that fails is taken out: the others of its group are run again without it. An error
 * of the disk or of the file itself is remembered: everything after it fails with the same error, so
 * that nothing is sent that could not be recorded. A full disk is not such an error: the ballast is given
 * up, what was begun is recorded, and nothing new begins until there is room. */
#ifndef SL_WRITER_H
#define SL_WRITER_H

#include "core/sluice.h"
#include "core/store/activity.h"
#include "core/store/store.h"

struct sl_writer;

/* Runs on the writer thread, inside a transaction; may run twice, so it changes nothing but the store
 * and its own arg. */
typedef enum sl_code sl_write_fn(struct sl_store *s, void *arg, struct sl_err *err);
/* Runs on the writer thread after the commit (code SL_OK) or the failure. */
typedef void sl_written_fn(void *arg, enum sl_code code, const struct sl_err *err);

/* Takes the store and the activity log (which may be NULL). */
enum sl_code sl_writer_start(struct sl_store *store, struct sl_activity *activity,
			     struct sl_writer **out, struct sl_err *err) SL_MUST;
void
sl_writer_free(struct sl_writer *w); /* runs all that waits, closes both files; NULL is allowed */

/* Queue a command. Blocks while too many bytes wait (bytes: what the command holds in memory). done may
 * be NULL. SL_E_CANCELLED: the writer is closing, SL_E_NOMEM; done was not called. */
enum sl_code sl_writer_push(struct sl_writer *w, sl_write_fn *fn, sl_written_fn *done, void *arg,
			    size_t bytes) SL_MUST;
/* Why it was not queued, as an error. Returns the code. */
enum sl_code sl_writer_refused(enum sl_code code, struct sl_err *err);
/* The same and wait for the commit. Never call it from the writer thread. */
enum sl_code sl_writer_call(struct sl_writer *w, sl_write_fn *fn, void *arg,
			    struct sl_err *err) SL_MUST;

/* Does an error say that the disk is full? What it stopped may go on when there is room. */
bool sl_is_full(const struct sl_err *err);
/* SL_OK, or such an error: nothing new may begin. Any thread. */
enum sl_code sl_writer_room(struct sl_writer *w, struct sl_err *err) SL_MUST;

/* Damage was met by a reader: nothing is written any more, as after an error of the disk, and the next
 * opening looks the state over. */
void sl_writer_stop(struct sl_writer *w, const struct sl_err *err);

/* One line of the activity log; kept in memory and written within half a second, sooner where many
 * wait. Never blocks; text is made visible here. */
void sl_writer_log(struct sl_writer *w, const struct sl_line *line);

#endif
