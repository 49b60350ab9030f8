/* bar.c - bars, sparklines, numbers. */
#include "tui/widgets/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static const char *const eighth[] = { "",       "\u258f", "\u258e", "\u258d",
				      "\u258c", "\u258b", "\u258a", "\u2589" };
static const char *const level[] = { "\u2581", "\u2582", "\u2583", "\u2584",
				     "\u2585", "\u2586", "\u2587", "\u2588" };

void
tui_bar(const struct tui_canvas *c, int y, int x, int width, double part)
{
	int inner = width - 2;

	if (inner < 1)
		return;
	tui_puts(c, y, x, TUI_PROGRESS_REST, "[");
	tui_puts(c, y, x + width - 1, TUI_PROGRESS_REST, "]");
	if (part < 0)
		part = 0;
	int parts = (int)((part > 1 ? 1 : part) * inner * 8);
	for (int i = 0; i < parts / 8; i++)
		tui_puts(c, y, x + 1 + i, TUI_PROGRESS, level[7]);
	if (parts % 8 && parts / 8 < inner)
		tui_puts(c, y, x + 1 + parts / 8, TUI_PROGRESS, eighth[parts % 8]);
}

void
tui_spark(const struct tui_canvas *c, struct tui_span at, const double *v, size_t n, double least)
{
	double max = least > 0 ? least : 1;
	size_t from = n > (size_t)at.width ? n - (size_t)at.width : 0;

	if (at.width <= 0)
		return;
	for (size_t i = from; i < n; i++)
		max = v[i] > max ? v[i] : max;
	int x = at.x + at.width - (int)(n - from);
	for (size_t i = from; i < n; i++, x++) {
		int l = (int)(v[i] / max * 7.999);
		tui_puts(c, at.y, x, at.role, level[l < 0 ? 0 : l > 7 ? 7 : l]);
	}
}

const char *
tui_fmt_count(uint64_t n, char out[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), o = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[o++] = ',';
		out[o++] = digits[i];
	}
	out[o] = '\0';
	return out;
}

/* Three digits and a unit of `step`. */
static const char *
scaled(double n, double step, const char *const *unit, size_t nunits, char out[32])
{
	size_t u = 0;

	while (n >= step * 0.9995 && u + 1 < nunits) {
		n /= step;
		u++;
	}
	snprintf(out, 32, u == 0 || n >= 99.95 ? "%.0f%s" : "%.1f%s", n, unit[u]);
	return out;
}

const char *
tui_fmt_short(uint64_t n, char out[32])
{
	static const char *const unit[] = { "", "k", "M", "G", "T", "P" };

	return scaled((double)n, 1000, unit, SL_COUNT(unit), out);
}

const char *
tui_fmt_bytes(uint64_t n, char out[32])
{
	static const char *const unit[] = { " B", " kB", " MB", " GB", " TB", " PB" };

	return scaled((double)n, 1000, unit, SL_COUNT(unit), out);
}

const char *
tui_fmt_rate(double per_s, char out[32])
{
	static const char *const unit[] = { "/s", "k/s", "M/s", "G/s" };

	return scaled(per_s > 0 ? per_s : 0, 1000, unit, SL_COUNT(unit), out);
}

const char *
tui_fmt_span(int64_t us, char out[32])
{
	int64_t s = us / 1000000;

	if (us < 0)
		snprintf(out, 32, "-");
	else if (us < 1000)
		snprintf(out, 32, "%dus", (int)us);
	else if (us < 1000000)
		snprintf(out, 32, "%dms", (int)(us / 1000));
	else if (s < 10)
		snprintf(out, 32, "%.1fs", (double)us / 1e6);
	else if (s < 60)
		snprintf(out, 32, "%ds", (int)s);
	else if (s < 3600)
		snprintf(out, 32, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else if (s < 86400)
		snprintf(out, 32, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
	else
		snprintf(out, 32, "%" PRId64 "d%02dh", s / 86400, (int)(s / 3600 % 24));
	return out;
}

const char *
tui_fmt_clock(int64_t wall_us, char out[32])
{
	time_t t = (time_t)(wall_us / 1000000);
	struct tm tm;

	if (wall_us <= 0 || !localtime_r(&t, &tm))
		snprintf(out, 32, "-");
	else
		strftime(out, 32, "%H:%M:%S", &tm);
	return out;
}

const char *
tui_fmt_ago(int64_t wall_us, int64_t now_us, char out[32])
{
	static const char *const day[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
	time_t t = (time_t)(wall_us / 1000000), now = (time_t)(now_us / 1000000);
	struct tm tm, today;

	if (wall_us <= 0 || !localtime_r(&t, &tm) || !localtime_r(&now, &today))
		snprintf(out, 32, "-");
	else if (now - t >= 0 && now - t < 10)
		snprintf(out, 32, "now");
	else if (tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday)
		snprintf(out, 32, "%02d:%02d", tm.tm_hour, tm.tm_min);
	else if (now > t && now - t < 6 * 86400)
		snprintf(out, 32, "%s %02d:%02d", day[tm.tm_wday], tm.tm_hour, tm.tm_min);
	else
		strftime(out, 32, "%Y-%m-%d", &tm);
	return out;
}
