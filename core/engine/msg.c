#include "core/engine/msg.h"

#include "core/base/limit.h"
#include "core/base/redact.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A message has its place in the mailbox from the start: posting it cannot fail. */
struct sl_letter {
	struct sl_msg msg; /* first: the client has its address, and frees it */
	struct sl_letter *next;
};

struct sl_mailbox {
	pthread_mutex_t lock;
	int fd;
	struct sl_letter *head, **tail;
};

struct sl_mailbox *
sl_mailbox_new(void)
{
	struct sl_mailbox *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->fd < 0) {
		free(b);
		return NULL;
	}
	pthread_mutex_init(&b->lock, NULL);
	b->tail = &b->head;
	return b;
}

void
sl_mailbox_free(struct sl_mailbox *b)
{
	struct sl_msg *m;

	if (!b)
		return;
	while ((m = sl_mailbox_next(b)))
		sl_msg_free(m);
	close(b->fd);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

int
sl_mailbox_fd(const struct sl_mailbox *b)
{
	return b->fd;
}

struct sl_msg *
sl_msg_new(void)
{
	struct sl_letter *l = calloc(1, sizeof(*l));

	return l ? &l->msg : NULL;
}

static void
append_locked(struct sl_mailbox *b, struct sl_msg *m)
{
	struct sl_letter *l = (struct sl_letter *)m;
	const uint64_t one = 1;

	*b->tail = l;
	b->tail = &l->next;
	if (write(b->fd, &one, sizeof(one)) < 0) {
		/* The counter is at its top, so the descriptor is readable already. */
	}
}

void
sl_mailbox_post(struct sl_mailbox *b, struct sl_msg *m)
{
	pthread_mutex_lock(&b->lock);
	append_locked(b, m);
	pthread_mutex_unlock(&b->lock);
}

/* One of a kind is enough until it is read: its reader looks at the present state. */
static void
post_folded(struct sl_mailbox *b, enum sl_msg_kind kind, int64_t run)
{
	bool waiting = false;

	pthread_mutex_lock(&b->lock);
	for (const struct sl_letter *l = b->head; l && !waiting; l = l->next)
		waiting = l->msg.kind == kind && l->msg.run == run;
	if (!waiting) {
		struct sl_msg *m = sl_msg_new();
		if (m) {
			m->kind = kind;
			m->run = run;
			append_locked(b, m);
		}
	}
	pthread_mutex_unlock(&b->lock);
}

void
sl_mailbox_post_run(struct sl_mailbox *b, int64_t run)
{
	post_folded(b, SL_MSG_RUN, run);
}

void
sl_mailbox_post_config(struct sl_mailbox *b)
{
	post_folded(b, SL_MSG_CONFIG, 0);
}

struct sl_msg *
sl_mailbox_next(struct sl_mailbox *b)
{
	struct sl_msg *m = NULL;
	struct sl_letter *l;
	uint64_t count;

	pthread_mutex_lock(&b->lock);
	l = b->head;
	if (l) {
		m = &l->msg;
		b->head = l->next;
		l->next = NULL;
		if (!b->head)
			b->tail = &b->head;
	}
	if (!b->head && read(b->fd, &count, sizeof(count)) < 0) {
		/* It was drained already. */
	}
	pthread_mutex_unlock(&b->lock);
	return m;
}

static int
exit_code_of(enum sl_code code)
{
	switch (code) {
	case SL_OK:
	case SL_DONE:
	case SL_AGAIN:
		return SL_EXIT_OK;
	case SL_E_CONFIG:
	case SL_E_NOTFOUND:
		return SL_EXIT_CONFIG;
	case SL_E_AUTH:
	case SL_E_NET:
	case SL_E_TIMEOUT:
	case SL_E_PROTO:
		return SL_EXIT_DOWN;
	case SL_E_LOCKED:
		return SL_EXIT_LOCKED;
	case SL_E_HELD:
		return SL_EXIT_HELD;
	case SL_E_DATA:
		return SL_EXIT_DATA;
	case SL_E_CANCELLED:
		return SL_EXIT_CANCELLED;
	case SL_E_NOMEM:
	case SL_E_IO:
	case SL_E_CORRUPT:
	case SL_E_BUG:
		break;
	}
	return SL_EXIT_STATE;
}

void
sl_problem_from(struct sl_problem *p, const struct sl_err *err)
{
	struct sl_err told = *err;

	if (told.code == SL_E_NOMEM && !told.hint[0])
		(void)sl_err_limit(&told, ENOMEM, NULL);
	*p = (struct sl_problem){ .exit_code = exit_code_of(err->code),
				  .kind = sl_code_name(err->code) };
	(void)snprintf(p->where, sizeof(p->where), "%s", err->where);
	(void)snprintf(p->message, sizeof(p->message), "%s", err->msg);
	sl_redact_secrets(p->message, sizeof(p->message));
	(void)snprintf(p->hint, sizeof(p->hint), "%s", told.hint);
}

void
sl_msg_free(struct sl_msg *m)
{
	if (!m)
		return;
	sl_table_free(m->table);
	free(m);
}
