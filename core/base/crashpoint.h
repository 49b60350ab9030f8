/* crashpoint.h - named places where the fault tests kill the process.
 *
 * Each boundary of a run's life (before and after what is made durable, sent or answered) is a place.
 * Only a build with SL_CRASHPOINTS has them. There the environment decides, once a process:
 *   SLUICE_CRASH=name       the process ends by SIGKILL when it gets there first
 *   SLUICE_CRASH=name:3     the third time
 *   SLUICE_CRASH_LIST=FILE  every place that is passed is added to FILE, one name a line, once each */
#ifndef SL_CRASHPOINT_H
#define SL_CRASHPOINT_H

#ifdef SL_CRASHPOINTS
void sl_crashpoint(const char *name); /* any thread */
#else
static inline void
sl_crashpoint(const char *name)
{
	(void)name;
}
#endif

#endif
