/* doctor_personal.c - columns whose names look like personal data, and no profile tags them. */
#include "core/engine/doctor.h"

#include "core/map/map.h"

#include <stdio.h>
#include <strings.h>

/* Parts of names, in lower case; a name with one of them as a word of its own looks personal. */
static const char *const words[] = {
	"email",     "mail",     "phone", "mobile",   "tel",       "fax",      "ssn",
	"passport",  "iban",     "tax",   "birth",    "dob",       "birthday", "birthdate",
	"address",   "street",   "zip",   "postcode", "postal",    "surname",  "lastname",
	"firstname", "fullname", "ip",    "latitude", "longitude", "gender",   "nationality",
	"salary",    "medical",  "health"
};
/* With these before "name" it is that of a person. */
static const char *const names[] = { "first", "last",   "full", "middle", "maiden",
				     "given", "family", "user", "nick" };

static size_t
word_len(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != '_' && s[n] != '-' && s[n] != '.' && s[n] != ' ' &&
	       !(n > 0 && s[n] >= 'A' && s[n] <= 'Z' && s[n - 1] >= 'a' && s[n - 1] <= 'z'))
		n++;
	return n;
}

static bool
is_one_of(const char *const *list, size_t n, const char *word, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && strncasecmp(word, list[i], len) == 0)
			return true;
	return false;
}

bool
sl_looks_personal(const char *column)
{
	bool named = false;

	for (const char *s = column; *s;) {
		const size_t n = word_len(s);

		if (is_one_of(words, SL_COUNT(words), s, n))
			return true;
		if (named && n == 4 && strncasecmp(s, "name", 4) == 0)
			return true;
		named = is_one_of(names, SL_COUNT(names), s, n);
		s += n;
		s += *s == '_' || *s == '-' || *s == '.' || *s == ' ';
	}
	return false;
}

static bool
is_tagged(const struct sl_profile *p, const char *column)
{
	for (size_t i = 0; i < p->npii; i++)
		if (strcmp(p->pii[i], column) == 0)
			return true;
	return false;
}

static void
check_profile(struct sl_doctor *d, const struct sl_object_def *o)
{
	struct sl_profile p;
	struct sl_str *columns;
	struct sl_buf found;
	struct sl_err ignored;
	char mend[200];
	uint32_t n;

	if (sl_profile_read(o, d->job->arena, &p, &ignored) != SL_OK ||
	    sl_map_columns(&p, NULL, 0, d->job->arena, &columns, &n) != SL_OK)
		return;
	sl_buf_init(&found, 4096);
	for (uint32_t i = 0; i < n; i++) {
		const char *name = sl_arena_strndup(d->job->arena, columns[i].ptr, columns[i].len);

		if (name && sl_looks_personal(name) && !is_tagged(&p, name))
			sl_buf_printf(&found, "%s\"%s\"", found.len ? ", " : "", name);
	}
	if (found.len > 0) {
		(void)snprintf(mend, sizeof(mend), "tag them: \"pii\": [%.120s]",
			       sl_buf_cstr(&found));
		sl_doctor_say(d, o->name, SL_GRADE_WARN, mend,
			      "columns look like personal data, and are shown in clear: %s",
			      sl_buf_cstr(&found));
	} else if (p.npii > 0) {
		sl_doctor_say(d, o->name, SL_GRADE_OK, "",
			      "%zu columns are tagged as personal data", p.npii);
	}
	sl_buf_free(&found);
}

void
sl_doctor_personal(struct sl_doctor *d)
{
	d->area = "personal data";
	for (size_t i = 0; i < d->config->nobjects; i++)
		if (d->config->objects[i].kind == SL_KIND_PROFILE && !d->config->objects[i].broken)
			check_profile(d, &d->config->objects[i]);
}
