/* findings.c - what a source found out about itself. */
#include "core/source/source.h"

void
sl_finding_add(struct sl_findings *f, const char *what, enum sl_grade grade, const char *detail,
	       const char *mend)
{
	struct sl_finding one = { .what = what, .grade = grade };

	if (f->n == f->room) {
		const uint32_t room = f->room ? f->room * 2 : 16;
		struct sl_finding *list = SL_NEW(f->arena, struct sl_finding, room);

		if (!list) {
			f->failed = true;
			return;
		}
		for (uint32_t i = 0; i < f->n; i++)
			list[i] = f->list[i];
		f->list = list;
		f->room = room;
	}
	one.detail = sl_arena_strndup(f->arena, detail, strlen(detail));
	one.mend = sl_arena_strndup(f->arena, mend, strlen(mend));
	if (one.detail && one.mend)
		f->list[f->n++] = one;
	else
		f->failed = true;
}
