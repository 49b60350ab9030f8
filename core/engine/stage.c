#include "core/engine/stage.h"

#define AGE_US 2000000 /* after so long what was counted weighs half */

const char *
sl_stage_name(enum sl_stage s)
{
	static const char *const names[SL_STAGES] = { "reading", "diffing", "mapping",
						      "storing", "sending", "waiting" };

	return names[s];
}

/* The destination is left alone, for a time that is known. */
static bool
is_held(const struct sl_stages *s)
{
	return s->gate == SL_GATE_HOLD || s->gate == SL_GATE_BREAKER;
}

static bool
must_wait(const struct sl_stages *s)
{
	if (is_held(s) || s->gate == SL_GATE_RATE)
		return true;
	return !s->sending &&
	       (s->gate == SL_GATE_RETRY || (s->backs_off && !s->behind && s->reading == 0));
}

static enum sl_stage
stage_now(const struct sl_stages *s)
{
	if (must_wait(s))
		return SL_STAGE_WAITING;
	if (s->sending && (s->behind || s->reading == 0))
		return SL_STAGE_SENDING;
	if (s->no_room < s->reading)
		return SL_STAGE_READING;
	/* A batch that waits for the log keeps a thread of the pool. */
	if (s->storing > 0)
		return SL_STAGE_STORING;
	if (s->no_room + s->diffing + s->mapping > 0)
		return s->diffing > s->mapping ? SL_STAGE_DIFFING : SL_STAGE_MAPPING;
	return s->behind ? SL_STAGE_SENDING : SL_STAGE_STORING;
}

void
sl_stage_note(struct sl_stages *s, int64_t now_us)
{
	if (s->noted_us > 0 && now_us > s->noted_us)
		s->us[stage_now(s)] += now_us - s->noted_us;
	s->noted_us = now_us;
	if (now_us - s->aged_us < AGE_US)
		return;
	for (unsigned i = 0; i < SL_STAGES; i++)
		s->us[i] /= 2;
	s->aged_us = now_us;
}

enum sl_stage
sl_stage_most(struct sl_stages *s, int64_t now_us)
{
	enum sl_stage most = SL_STAGE_READING;

	sl_stage_note(s, now_us);
	if (is_held(s))
		return SL_STAGE_WAITING;
	for (unsigned i = 0; i < SL_STAGES; i++)
		if (s->us[i] > s->us[most])
			most = (enum sl_stage)i;
	return most;
}
