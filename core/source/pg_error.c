/* pg_error.c - what the server or libpq said, as an error of ours: the SQLSTATE decides the class,
 * the server's own words are the message. Neither ever holds the password or the connection string. */
#include "core/base/redact.h"
#include "core/source/pg.h"
#include "core/source/place.h"

#include <libpq-fe.h>

enum sl_code
sl_pg_nomem(struct sl_err *err)
{
	return sl_fail(err, SL_E_NOMEM, SL_PG_WHERE, "out of memory");
}

static bool
state_is(const char *state, const char *prefix)
{
	return strncmp(state, prefix, strlen(prefix)) == 0;
}

struct meaning {
	const char *state; /* SQLSTATE or its beginning; the first that fits counts */
	enum sl_code code;
	bool retryable;
	const char *hint; /* NULL = none */
};

static const struct meaning meanings[] = {
	{ "28", SL_E_AUTH, false, "check user and password, and pg_hba.conf of the server" },
	{ "3D000", SL_E_CONFIG, false, "check the database of the connection" },
	{ "08", SL_E_NET, true, NULL },
	{ "57P", SL_E_NET, true, NULL }, /* shut down, crashed, starting up, database dropped */
	{ "53300", SL_E_NET, true, "the server has no connection left; try later" },
	{ "25P03", SL_E_NET, true, NULL }, /* idle in transaction for too long */
	{ "55P03", SL_E_TIMEOUT, true, "another session holds a lock on the table; try later" },
	{ "40", SL_E_PROTO, true, NULL }, /* serialisation, conflict with recovery of a standby */
	{ "42501", SL_E_PROTO, false, "grant SELECT on it, and USAGE on its schema, to this role" },
	{ "42P01", SL_E_NOTFOUND, false, NULL },
	{ "3F000", SL_E_NOTFOUND, false, NULL },
	{ "42", SL_E_CONFIG, false, NULL }, /* the SQL: its syntax, names, types */
	{ "0A", SL_E_CONFIG, false, NULL }, /* nor can it do that */
	{ "22", SL_E_DATA, false, NULL },   /* a value: division by zero, out of range, no number */
	{ "25006", SL_E_PROTO, false, "sluice reads in a read-only transaction" },
	{ "53", SL_E_PROTO, true, NULL }, /* no memory, disk full, ... at the server */
};

static const struct meaning *
meaning_of(const char *state)
{
	for (size_t i = 0; i < SL_COUNT(meanings); i++) {
		if (state_is(state, meanings[i].state))
			return &meanings[i];
	}
	return NULL;
}

/* " at line 2, column 8 of the SQL" when the server's position is in the user's own text. */
static void
put_place(const struct sl_pg *pg, const PGresult *r, const struct sl_pg_command *cmd,
	  struct sl_buf *out)
{
	const char *text = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
	const char *encoding = PQparameterStatus(pg->conn, "server_encoding");
	bool bytes = encoding != NULL && strcmp(encoding, "SQL_ASCII") == 0;
	int64_t position;
	size_t at = 0;

	if (cmd == NULL || cmd->user == NULL || text == NULL ||
	    !sl_str_to_i64(sl_str(text), &position))
		return;
	/* The position counts characters from 1, in a SQL_ASCII database bytes. */
	while (cmd->sql[at] != 0 && position > 1) {
		at++;
		if (bytes || ((unsigned char)cmd->sql[at] & 0xC0) != 0x80)
			position--;
	}
	size_t start = (size_t)(cmd->user - cmd->sql);
	if (at < start || at > start + cmd->user_len)
		return;
	struct sl_place p = sl_place((struct sl_str){ cmd->user, cmd->user_len }, at - start);
	sl_buf_printf(out, " at line %u, column %u of the SQL", p.line, p.column);
}

static enum sl_code
fail_state(const char *state, const char *text, struct sl_err *err)
{
	const struct meaning *m = meaning_of(state);

	sl_fail(err, m != NULL ? m->code : SL_E_PROTO, SL_PG_WHERE, "%s", text);
	if (m != NULL) {
		err->retryable = m->retryable;
		if (m->hint != NULL)
			sl_err_hint(err, "%s", m->hint);
	}
	return err->code;
}

/* 57014 has three causes: our cancel, a statement_timeout, somebody's pg_cancel_backend(). Only the
 * words tell the last two apart, and those may be in any language, so the clock is asked instead. */
static enum sl_code
fail_stopped(const struct sl_pg *pg, const char *text, struct sl_err *err)
{
	if (atomic_load(&pg->cancelled))
		return sl_pg_cancelled(err);
	if (pg->statement_ms > 0) {
		sl_fail(err, SL_E_TIMEOUT, SL_PG_WHERE, "%s (57014)", text);
		return sl_err_hint(err, "statement_timeout of the connection is %lld ms",
				   (long long)pg->statement_ms);
	}
	sl_fail(err, SL_E_PROTO, SL_PG_WHERE, "%s (57014)", text);
	err->retryable = true;
	return err->code;
}

/* Data exceptions and broken constraints quote values of rows, which belong into no log. */
static bool
is_about_data(const char *state)
{
	return state_is(state, "22") || state_is(state, "23");
}

static void
put_text(struct sl_buf *b, const char *state, const char *text)
{
	char said[1024];

	if (!is_about_data(state)) {
		sl_buf_puts(b, text);
		return;
	}
	sl_copy(said, sizeof said, text);
	sl_redact_quoted(said, sizeof said);
	sl_buf_puts(b, said);
}

enum sl_code
sl_pg_fail(struct sl_pg *pg, const PGresult *r, const struct sl_pg_command *cmd, struct sl_err *err)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(r, PG_DIAG_MESSAGE_HINT);
	struct sl_buf b;

	/* libpq's own error: the connection broke. */
	if (state == NULL || text == NULL)
		return sl_pg_fail_lost(pg, err);
	if (strcmp(state, "57014") == 0)
		return fail_stopped(pg, text, err);
	sl_buf_init(&b, 4096);
	put_text(&b, state, text);
	put_place(pg, r, cmd, &b);
	sl_buf_printf(&b, " (%s)", state);
	if (detail != NULL && !is_about_data(state))
		sl_buf_printf(&b, ": %s", detail);
	enum sl_code code = fail_state(state, sl_buf_cstr(&b), err);
	if (hint != NULL && err->hint[0] == 0)
		sl_err_hint(err, "%s", hint);
	sl_buf_free(&b);
	return code;
}

enum sl_code
sl_pg_fail_lost(struct sl_pg *pg, struct sl_err *err)
{
	struct sl_str words = sl_str_trim(sl_str(PQerrorMessage(pg->conn)));
	const char *line = words.len > 0 ? memchr(words.ptr, '\n', words.len) : NULL;

	if (line != NULL)
		words.len = (size_t)(line - words.ptr);
	sl_fail(err, SL_E_NET, SL_PG_WHERE, "the connection was lost: " SL_FMT, SL_ARG(words));
	err->retryable = true;
	return err->code;
}

/* "...: FATAL:  28P01: password ...\nLOCATION: ..." -> the SQLSTATE, and the message without it.
 * The connection asks for verbose messages because libpq has no other way to tell the state of a
 * refused connection. */
static bool
split_state(const char *message, char state[6], struct sl_buf *out)
{
	const char *at = message;

	while ((at = strstr(at, ":  ")) != NULL) {
		const char *s = at + 3;
		size_t n = strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (n == 5 && s[5] == ':' && s[6] == ' ') {
			memcpy(state, s, 5);
			state[5] = 0;
			const char *end = s + 7 + strcspn(s + 7, "\n");
			sl_buf_put(out, message, (size_t)(at - message));
			sl_buf_puts(out, ": ");
			sl_buf_put(out, s + 7, (size_t)(end - s - 7));
			return true;
		}
		at += 3;
	}
	sl_buf_put(out, message, strcspn(message, "\n"));
	return false;
}

/* Trying again mends none of these. libpq gives no code for them; its words are English, because the
 * program sets no LC_MESSAGES. */
static bool
is_about_tls(const char *words)
{
	return strstr(words, "certificate") != NULL ||
	       strstr(words, "server does not support SSL") != NULL;
}

enum sl_code
sl_pg_fail_connect(struct sl_pg *pg, struct sl_err *err)
{
	char state[6];
	struct sl_buf b;

	sl_buf_init(&b, 4096);
	if (split_state(PQerrorMessage(pg->conn), state, &b)) {
		sl_buf_printf(&b, " (%s)", state);
		fail_state(state, sl_buf_cstr(&b), err);
	} else if (PQconnectionNeedsPassword(pg->conn)) {
		sl_fail(err, SL_E_AUTH, SL_PG_WHERE, "%s", sl_buf_cstr(&b));
		sl_err_hint(err, "set the password of the connection (env:NAME, file:/path, "
				 "exec:command or pgpass)");
	} else if (is_about_tls(sl_buf_cstr(&b))) {
		sl_fail(err, SL_E_CONFIG, SL_PG_WHERE, "%s", sl_buf_cstr(&b));
		sl_err_hint(err, "check sslmode and sslrootcert of the connection");
	} else {
		sl_fail(err, SL_E_NET, SL_PG_WHERE, "%s", sl_buf_cstr(&b));
		err->retryable = true;
	}
	sl_buf_free(&b);
	return err->code;
}
