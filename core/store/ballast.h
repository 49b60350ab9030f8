/* ballast.h - room on the disk that is kept for the last words: a file beside the state that is given up
 * when the disk is full, so that what a destination has acknowledged can still be recorded. */
#ifndef SL_STORE_BALLAST_H
#define SL_STORE_BALLAST_H

#include "core/base/base.h"

#define SL_BALLAST ((int64_t)64 << 20) /* bytes; a 16th of the disk where that is less */

/* Make it, where it is not there and the disk has room for twice as much. A disk of some megabytes has
 * none. */
void sl_ballast_make(const char *dir);
/* Give it up. false: there was none. */
bool sl_ballast_drop(const char *dir);
/* After the disk was full: is there room again, for the ballast and for more? Makes it then. */
bool sl_ballast_again(const char *dir);

#endif
