/* entries.c - everything that can be done on this screen, for help and palette. */
#include "tui/app_state.h"

static bool
listed(const struct tui_entry *e, size_t n, const struct tui_action *act)
{
	for (size_t i = 0; i < n; i++) {
		if (e[i].act->id == act->id)
			return true;
	}
	return false;
}

size_t
tui_app_entries(const struct tui_app *a, struct tui_entry *out, size_t cap)
{
	const struct tui_screen *s = tui_app_top(a);
	size_t n = 0, nglobal;
	const struct tui_action *global = tui_global_actions(&nglobal);

	for (size_t i = 0; s && i < s->ops->nactions && n < cap; i++) {
		const struct tui_action *act = &s->ops->actions[i];
		out[n++] = (struct tui_entry){ act, tui_app_why_not(a, act->id), false };
	}
	for (size_t i = 0; i < nglobal && n < cap; i++) {
		if (!listed(out, n, &global[i]))
			out[n++] = (struct tui_entry){ &global[i], tui_app_why_not(a, global[i].id),
						       true };
	}
	return n;
}
