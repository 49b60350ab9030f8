/* role.h - what a cell means; a theme says what that looks like. */
#ifndef TUI_ROLE_H
#define TUI_ROLE_H

/*  name in C, name in a .theme file, letter in golden tests, what it is for */
#define TUI_ROLE_LIST(X)                                                                           \
	X(TEXT, "text", '.', "everything without another role")                                    \
	X(DIM, "dim", 'd', "secondary text, stale data")                                           \
	X(TITLE, "title", 'T', "name of the program, of a screen, of a pane")                      \
	X(BORDER, "border", 'b', "rules between panes, frames of pop-ups")                         \
	X(ACCENT, "accent", 'a', "the one colour that leads the eye")                              \
	X(TAB, "tab", 't', "tabs in the first row")                                                \
	X(TAB_CURRENT, "tab.current", 'C', "the current tab")                                      \
	X(KEY, "key", 'k', "a key in the footer and in help")                                      \
	X(LABEL, "label", 'l', "the name before a value or a field")                               \
	X(ENV, "env", 'e', "the environment in the first row")                                     \
	X(ENV_PROD, "env.prod", 'E', "the environment when it is production")                      \
	X(DIALOG, "dialog", 'D', "inside of a pop-up")                                             \
	X(DANGER, "danger", '!', "a warning in a pop-up that destroys")                            \
	X(BUTTON, "button", 'u', "a button")                                                       \
	X(BUTTON_FOCUS, "button.focus", 'U', "the button with the focus")                          \
	X(INPUT, "input", 'i', "a text field")                                                     \
	X(INPUT_INVALID, "input.invalid", 'I', "a text field with a mistake")                      \
	X(HEADER, "header", 'h', "column titles")                                                  \
	X(SELECT, "select", 's', "the selected row of the pane with the focus")                    \
	X(SELECT_INACTIVE, "select.inactive", 'S', "the selected row of another pane")             \
	X(MARK, "mark", 'm', "a marked row")                                                       \
	X(MATCH, "match", 'M', "text that a search found")                                         \
	X(NULL, "null", 'n', "SQL NULL")                                                           \
	X(NUMBER, "number", '0', "a number")                                                       \
	X(STRING, "string", '"', "a string in JSON or SQL")                                        \
	X(FIELD, "field", 'f', "a name in JSON")                                                   \
	X(LITERAL, "literal", 'L', "true, false, null in JSON")                                    \
	X(KEYWORD, "keyword", 'K', "an SQL keyword")                                               \
	X(COMMENT, "comment", 'c', "a comment")                                                    \
	X(OK, "state.ok", 'o', "done well")                                                        \
	X(RUN, "state.run", 'r', "running")                                                        \
	X(PAUSE, "state.pause", 'p', "paused, held, waiting")                                      \
	X(WARN, "state.warn", 'w', "look at this")                                                 \
	X(FAIL, "state.fail", 'x', "failed")                                                       \
	X(INFO, "state.info", 'N', "information")                                                  \
	X(NEVER, "state.never", 'v', "never run, unknown")                                         \
	X(ADD, "diff.add", '+', "added")                                                           \
	X(CHANGE, "diff.change", '~', "changed")                                                   \
	X(REMOVE, "diff.del", '-', "removed")                                                      \
	X(PROGRESS, "progress", '#', "the done part of a bar")                                     \
	X(PROGRESS_REST, "progress.rest", '_', "the rest of a bar")                                \
	X(SPARK, "spark", 'z', "sparklines")

enum tui_role {
#define X(id, name, letter, help) TUI_##id,
	TUI_ROLE_LIST(X)
#undef X
		TUI_ROLES
};

#endif
