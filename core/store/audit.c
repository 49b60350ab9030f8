/* audit.c - what an operator did, appended and never changed. */
#include "core/store/state.h"

#include "core/base/clock.h"

enum sl_code
sl_store_audit(struct sl_store *s, const char *who, const char *action, const char *object,
	       const char *detail, struct sl_err *err)
{
	struct sl_q q;
	enum sl_code code = sl_store_writing(s, err);

	if (code != SL_OK)
		return code;
	sl_q_start(&q, s->db,
		   "INSERT INTO audit(at_us, who, action, object, detail) VALUES(?, ?, ?, ?, ?)",
		   err);
	sl_q_int(&q, sl_wall_us());
	sl_q_text(&q, who ? who : "");
	sl_q_text(&q, action ? action : "");
	sl_q_text(&q, object ? object : "");
	sl_q_text(&q, detail ? detail : "");
	return sl_q_run(&q);
}
