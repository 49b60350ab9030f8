/* form_state.h - one field of a form, for the files of the form. */
#ifndef TUI_FORM_STATE_H
#define TUI_FORM_STATE_H

#include "tui/widgets/form.h"

struct tui_field_state {
	char *name, *label, *choices, *def, *help; /* owned; NULL = none */
	enum tui_field_type type;
	bool required, locked;
	struct tui_input input;
	char error[160];
};

#endif
