/* screens.c - the registry of screens: their tabs, and those that open on top of a tab. */
#include "tui/screens.h"

#include "tui/screens/browse.h"
#include "tui/screens/conns.h"
#include "tui/screens/dead.h"
#include "tui/screens/doctor.h"
#include "tui/screens/home.h"
#include "tui/screens/logs.h"
#include "tui/screens/map.h"
#include "tui/screens/monitor.h"
#include "tui/screens/newsync.h"
#include "tui/screens/plan.h"
#include "tui/screens/preview.h"
#include "tui/screens/runs.h"
#include "tui/screens/sql.h"
#include "tui/screens/themes.h"

/* A line each. */
/* clang-format off */
const struct tui_screen_ops *const tui_screen_tabs[TUI_TABS] = {
	[0] = &tui_screen_home,
	[1] = &tui_screen_browse,
	[2] = &tui_screen_map,
	[3] = &tui_screen_preview,
	[4] = &tui_screen_runs,
	[5] = &tui_screen_logs,
	[6] = &tui_screen_dead,
	[7] = &tui_screen_conns,
	[8] = &tui_screen_themes,
};

const struct tui_screen_ops *const tui_screen_others[] = {
	&tui_screen_conn,
	&tui_screen_doctor,
	&tui_screen_newsync,
	&tui_screen_plan,
	&tui_screen_run,
	&tui_screen_sql,
	NULL,
};
/* clang-format on */
