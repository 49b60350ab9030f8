/* base.h - what the terminal UI uses of the core besides sluice.h: strings, text, clock, errors.
 *
 * Only the lowest layer, which knows nothing of the engine. Nothing else in tui/ includes core/base. */
#ifndef TUI_BASE_H
#define TUI_BASE_H

#include "core/base/clock.h"
#include "core/base/text.h"

#endif
