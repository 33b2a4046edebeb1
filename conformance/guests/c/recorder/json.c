#include "json.h"

#include <stdio.h>
#include <stdlib.h>

static void add_bytes(text *text, const char *more, size_t len) {
  if (len > text->room - text->len) {
    text->room = 2 * text->room + len;
    text->ptr = (char *)realloc(text->ptr, text->room);
    if (!text->ptr) abort();
  }
  memcpy(text->ptr + text->len, more, len);
  text->len += len;
}

void add(text *text, const char *more) { add_bytes(text, more, strlen(more)); }

static void add_character(text *text, char character) {
  static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
  const char *found = character ? strchr(special, character) : NULL;
  char escaped[8] = {'\\', found ? names[found - special] : '\0'};
  if (!found && (unsigned char)character >= 0x20) {
    add_bytes(text, &character, 1);
    return;
  }
  if (!found) snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)character);
  add(text, escaped);
}

void add_string(text *text, const wcl_str *string) {
  if (!string->ptr) {
    add(text, "null");
    return;
  }
  add(text, "\"");
  for (size_t i = 0; i < string->len; i++) add_character(text, string->ptr[i]);
  add(text, "\"");
}

void add_numbers(text *text, const wcl_bytes *bytes) {
  add(text, "[");
  for (size_t i = 0; i < bytes->len; i++) {
    char number[8];
    snprintf(number, sizeof number, i > 0 ? ",%u" : "%u", (unsigned)bytes->ptr[i]);
    add(text, number);
  }
  add(text, "]");
}
