/* clock.c - the clocks, and the hand that tests turn them with. */
#include "core/base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define US_PER_S 1000000

/* The documented seam of clock.h. Atomic, because other threads read while a test moves it. */
static struct {
	_Atomic bool on;
	_Atomic int64_t mono, wall;
} fake;

static int64_t
read_us(clockid_t id)
{
	struct timespec ts;

	/* Cannot fail: both clocks exist on every Linux. */
	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t
sl_mono_us(void)
{
	return atomic_load(&fake.on) ? atomic_load(&fake.mono) : read_us(CLOCK_MONOTONIC);
}

#ifdef SL_CRASHPOINTS
/* The wall clock as the file says; read each time, since the test turns it while the program runs. */
static int64_t
turned(int64_t us)
{
	const char *path = getenv("SLUICE_CLOCK");
	char text[32];
	ssize_t n;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return us;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (text[0] == '=')
		return strtoll(text + 1, NULL, 10) * US_PER_S;
	return us + strtoll(text, NULL, 10) * US_PER_S;
}
#else
static int64_t
turned(int64_t us)
{
	return us;
}
#endif

int64_t
sl_wall_us(void)
{
	return atomic_load(&fake.on) ? atomic_load(&fake.wall) : turned(read_us(CLOCK_REALTIME));
}

void
sl_clock_fake(int64_t mono_us, int64_t wall_us)
{
	atomic_store(&fake.mono, mono_us);
	atomic_store(&fake.wall, wall_us);
	atomic_store(&fake.on, true);
}

void
sl_clock_advance(int64_t us)
{
	atomic_fetch_add(&fake.mono, us);
	atomic_fetch_add(&fake.wall, us);
}

void
sl_clock_real(void)
{
	atomic_store(&fake.on, false);
}

void
sl_time_iso(int64_t wall_us, char out[25])
{
	/* 0000-01-01 and the last millisecond of 9999: what four digits of a year can say. */
	const int64_t first = INT64_C(-62167219200) * US_PER_S;
	const int64_t last = INT64_C(253402300799) * US_PER_S + 999999;
	int64_t us = wall_us < first ? first : wall_us > last ? last : wall_us;
	int64_t sub = us % US_PER_S;
	struct tm tm = { 0 };

	if (sub < 0)
		sub += US_PER_S;
	time_t sec = (time_t)((us - sub) / US_PER_S);
	(void)gmtime_r(&sec, &tm);
	/* Reduced so that the compiler, too, sees that nothing is cut. */
	snprintf(out, 25, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
		 (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
		 (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u,
		 (unsigned)(sub / 1000) % 1000u);
}
