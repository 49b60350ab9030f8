/* text.h - UTF-8, and the one door through which untrusted text reaches a person.
 *
 * Row data, server messages and file contents may hold anything. sl_visible() is the only way such
 * bytes get on a screen, in a log line or in a title: controls (C0, DEL, C1), bidirectional
 * overrides, zero-width and tag characters and invalid UTF-8 become visible marks. */
#ifndef SL_TEXT_H
#define SL_TEXT_H

#include "core/base/str.h"

/* Decode one code point of s at *pos and move *pos past it. Invalid input: UINT32_MAX, *pos moves
 * by one byte. Overlong forms, surrogates and values above U+10FFFF are invalid. */
uint32_t sl_utf8_next(struct sl_str s, size_t *pos);
size_t sl_utf8_put(uint32_t cp, char out[4]); /* bytes written, 1..4 */
bool sl_utf8_valid(struct sl_str s);

/* Append the visible form of s: ESC -> U+241B and so on for C0 (pictures U+2400..), DEL U+2421,
 * C1 and bidi/zero-width/tag controls -> <U+202E>, an invalid byte -> <xFF>; so do combining marks
 * beyond four on one character. Output is valid UTF-8
 * without any control. Idempotent. */
void sl_visible(struct sl_buf *out, struct sl_str s);

#endif
