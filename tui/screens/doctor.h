/* doctor.h - the screen of findings. */
#ifndef TUI_SCREEN_DOCTOR_H
#define TUI_SCREEN_DOCTOR_H

#include "tui/screen.h"

extern const struct tui_screen_ops tui_screen_doctor;

#endif
