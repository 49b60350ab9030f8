/* log_filter.h - the filter of the log as a person writes it: "run=12 level>=warn status=429 /text". */
#ifndef TUI_LOG_FILTER_H
#define TUI_LOG_FILTER_H

#include "core/sluice.h"
#include "tui/base.h"

struct tui_log_filter {
	int64_t run; /* 0 = any, as are the others */
	char sync[72];
	char level[8]; /* least */
	int status;
	char text[128];
};

/* false: mistake says what is wrong with it, and *f is as it was. */
bool tui_log_filter_parse(struct tui_log_filter *f, const char *text, char *mistake, size_t cap);
void tui_log_filter_text(const struct tui_log_filter *f, struct sl_buf *out);
/* For the request; points into f. */
struct sl_log_filter tui_log_filter_request(const struct tui_log_filter *f);

#endif
