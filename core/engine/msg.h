/* msg.h - the way from the engine to its client: a list of replies, and runs that changed.
 *
 * Replies are queued. Changes of a run are folded: one message a run until it is read, so that a busy
 * run never fills memory and a client that sleeps wakes to the newest state. Any thread may post. */
#ifndef SL_MSG_H
#define SL_MSG_H

#include "core/base/err.h"
#include "core/sluice.h"

struct sl_mailbox;

struct sl_mailbox *sl_mailbox_new(void) SL_MUST;
void sl_mailbox_free(struct sl_mailbox *b); /* NULL is allowed; frees what was not read */
int sl_mailbox_fd(const struct sl_mailbox *b);

struct sl_msg *sl_msg_new(void) SL_MUST; /* zeroed; NULL = no memory */
/* Takes a message that sl_msg_new() made. */
void sl_mailbox_post(struct sl_mailbox *b, struct sl_msg *m);
void sl_mailbox_post_run(struct sl_mailbox *b, int64_t run);
void sl_mailbox_post_config(struct sl_mailbox *b);    /* the workspace changed; folded too */
struct sl_msg *sl_mailbox_next(struct sl_mailbox *b); /* NULL = none */

/* The public form of an error. */
void sl_problem_from(struct sl_problem *p, const struct sl_err *err);

#endif
