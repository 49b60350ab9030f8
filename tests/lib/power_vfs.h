/* power_vfs.h - a disk for SQLite that loses power, or fails.
 *
 * It stands in front of the real files of databases and their WALs. What a program wrote since a file was
 * last synced is only on its way to the disk: at a power cut a random part of it arrives, in pieces of 512
 * bytes; the removal or the making of a WAL may arrive or not. After the cut every call fails until
 * power_back() has made the real files what the disk would hold. For one thread. */
#ifndef TESTS_POWER_VFS_H
#define TESTS_POWER_VFS_H

#include "core/base/base.h"

#include <stdint.h>

void power_start(uint64_t seed); /* from now on SQLite opens its files through it */
void power_stop(void);

/* Writes, truncations, syncs and removals are counted; the power fails in the nth from now; 0 = never. */
void power_cut_after(uint64_t n);
bool power_is_cut(void);
/* With all handles closed. Also needed between two cases where nothing was cut: it forgets the files. */
void power_back(void);

/* Instead: call number n from now, of any kind, fails with this errno; all later ones too when sticky.
 * n 0 = none. */
void power_fail_after(uint64_t n, int sys, bool sticky);
bool power_has_failed(void); /* did it come to that? */
uint64_t power_syncs(void);  /* so far */

#endif
