/* print.h - tables on paper: aligned text for people, JSON for programs. */
#ifndef TUI_PRINT_H
#define TUI_PRINT_H

#include "core/sluice.h"
#include "tui/base.h"

#include <stdio.h>

/* Columns by name, separated by blanks, "name=Title" to rename; NULL = all. Cells are made visible. */
void print_table(FILE *out, const struct sl_table *t, const char *columns);
/* An array of objects, one a line. Invalid UTF-8 becomes U+FFFD. */
void print_json(FILE *out, const struct sl_table *t);
/* The same in pieces: "[" is the caller's, and "]\n" at the end; *any becomes true with the first row. */
void print_json_rows(FILE *out, const struct sl_table *t, bool *any);
void print_json_row(FILE *out, const struct sl_table *t, unsigned row);
void print_json_string(FILE *out, const char *s, size_t len);
/* Visible form of untrusted text. */
void print_text(FILE *out, const char *s);
void print_part(FILE *out, const char *s, size_t len);
/* A cell by name, visible, followed by blanks up to `width` columns; NULL = nothing but those. */
void print_cell(FILE *out, const struct sl_table *t, unsigned row, const char *name, int width);
/* "1,234,567" into a static-free buffer. */
const char *print_count(char out[32], uint64_t n);
/* "1.2 s" "3m12s" "0.4 ms". */
const char *print_span(char out[32], int64_t us);

#endif
