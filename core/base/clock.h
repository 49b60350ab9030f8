/* clock.h - the only place that reads a clock, so that tests can turn it.
 *
 * Deadlines and rates use the monotonic clock; the wall clock is for display and storage only. */
#ifndef SL_CLOCK_H
#define SL_CLOCK_H

#include "core/base/base.h"

int64_t sl_mono_us(void); /* CLOCK_MONOTONIC, microseconds */
int64_t sl_wall_us(void); /* microseconds since 1970, UTC */

/* In a build with SL_CRASHPOINTS the file that SLUICE_CLOCK names turns the wall clock of a running
 * program: "3600" or "-3600" seconds ahead or behind, "=1700000000" stands there. The monotonic clock
 * goes on. */

/* Tests: freeze both clocks at these values and move them by hand. Not thread-safe to switch. */
void sl_clock_fake(int64_t mono_us, int64_t wall_us);
void sl_clock_advance(int64_t us);
void sl_clock_real(void);

/* "2026-01-05T10:00:00.123Z" and NUL (25 bytes). */
void sl_time_iso(int64_t wall_us, char out[25]);

#endif
