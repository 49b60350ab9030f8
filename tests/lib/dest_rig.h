/* dest_rig.h - a destination driver under test: opened with settings, given events, asked what came
 * of them. The rig stands where the engine would; everything runs in the test's thread. */
#ifndef TESTS_DEST_RIG_H
#define TESTS_DEST_RIG_H

#include "core/dest/dest.h"

#define RIG_EVENTS 8

struct rig {
	const struct sl_dest_driver *drv;
	void *ctx;
	struct sl_dest_limits limits;
	struct sl_err err;
	struct sl_setting settings[12];
	size_t nsettings;
	unsigned completed;
};

/* A delivery with its arrays. */
struct parcel {
	struct sl_delivery d;
	struct sl_str bodies[RIG_EVENTS];
	struct sl_outcome outcomes[RIG_EVENTS];
	bool done;
};

/* pairs: name, value, name, value, ..., NULL. Returns what open() said; rig_close() in any case. */
enum sl_code rig_open(struct rig *r, const char *driver, const char *secret, const char *base_dir,
		      const char *const *pairs);
void rig_close(struct rig *r);

/* n events: {"n":0}, {"n":1}, ... */
void parcel_fill(struct parcel *p, uint32_t n);
void rig_submit(struct rig *r, struct parcel *p); /* asserts SL_OK */
void rig_wait(struct rig *r, struct parcel *p);   /* polls until it is done, 10 s at most */
/* Fill, submit, wait. Returns the outcome of the first event; asserts that all are the same. */
const struct sl_outcome *rig_send(struct rig *r, struct parcel *p, uint32_t n);
/* The callback for poll(): marks the parcel done. arg is the rig. */
void rig_done(void *arg, struct sl_delivery *d);

#endif
