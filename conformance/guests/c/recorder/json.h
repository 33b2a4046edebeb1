// As much of JSON as the recorder prints, byte for byte as `serde_json` does.
#ifndef JSON_H
#define JSON_H

#include <wasi_cloud/base.h>

// A text that grows. All zero is empty.
typedef struct text {
  char *ptr;
  size_t len;
  size_t room;
} text;

void add(text *text, const char *more);

// A string, or `null` if it is missing.
void add_string(text *text, const wcl_str *string);

// An array of the bytes.
void add_numbers(text *text, const wcl_bytes *bytes);

#endif
