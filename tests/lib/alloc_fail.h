/* alloc_fail.h - allocations that fail when a test wants them to, and the count of those that were never
 * freed. For programs that are linked with ALLOC_WRAP of the Makefile: there malloc and its like of our own
 * code come here. Libraries go on as always, but for SQLite and jansson after alloc_fail_libraries(). */
#ifndef TESTS_ALLOC_FAIL_H
#define TESTS_ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

/* Once, before either library is used. */
void alloc_fail_libraries(void);

/* From now on allocations are counted, and the nth fails (0: none does); for_good: every one after it, too.
 * Any thread's. */
void alloc_fail_arm(unsigned long nth, bool for_good);
void alloc_fail_disarm(void);
bool alloc_fail_hit(void);            /* did one fail since it was armed? */
unsigned long alloc_fail_count(void); /* of allocations while it was armed */
/* Blocks of our own code that were allocated since it was armed first and are not freed yet. */
size_t alloc_fail_live(void);

/* Where the one that failed was asked for, and what is not freed, as addresses for addr2line. */
void alloc_fail_say(void);

#endif
