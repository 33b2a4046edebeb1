// What the sources of this library share. Not installed.
#ifndef WCL_INTERNAL_H
#define WCL_INTERNAL_H

#include "../gen/wcl_gen.h"
#include "../include/wasi_cloud.h"

// Leaves a function with the first failure.
#define WCLI_TRY(call)                     \
  do {                                     \
    wcl_status wcli_status_ = (call);      \
    if (wcli_status_) return wcli_status_; \
  } while (0)

// What a call does to its target: decides what an open failure may have left behind.
typedef enum wcli_access { WCLI_READ, WCLI_WRITE } wcli_access;

// error.c

// Fails with a text, of which it keeps a copy.
wcl_status wcli_fail(wcl_status status, bool maybe_applied, const void *text, size_t len);
// Fails with a text of the host's, which it frees.
wcl_status wcli_fail_with(wcl_status status, bool maybe_applied, wcl_gen_string_t *text);
// Forgets the last failure, before a function of the program's is called.
void wcli_forget(void);
// What that function returned: a failure that it has no text for has none, and not an older one's.
wcl_status wcli_outcome(wcl_status status);

// text.c

// How many bytes the character at `at` has, and 0 if it is none.
size_t wcli_character(const unsigned char *at, size_t left);
// The length of a text. That of NULL makes `wcli_text` refuse it.
size_t wcli_len(const char *text);
// Borrows a text for the host, which traps on what is not UTF-8: that is refused here. `what` names it in the error.
wcl_status wcli_text(const char *what, const void *ptr, size_t len, wcl_gen_string_t *out);
// Borrows bytes for the host, which would read from address 0 on: NULL with a length is refused here.
wcl_status wcli_bytes(const void *ptr, size_t len, wcl_gen_list_u8_t *out);
// Refuses a list of things that is NULL and not empty.
wcl_status wcli_list(const void *ptr, size_t count);
// Refuses a closed handle. `what` names it in the error.
wcl_status wcli_open(const char *what, int32_t handle);

// take.c: what the host made becomes the caller's. Without memory these abort, as the generated code does.

wcl_bytes wcli_take_bytes(wcl_gen_list_u8_t bytes);
wcl_str wcli_take_str(wcl_gen_string_t text);
wcl_str_pairs wcli_take_pairs(wcl_gen_tuple2_string_string_t *ptr, size_t len);
// A list of texts, in the memory that it is in.
wcl_str *wcli_take_strs(wcl_gen_list_string_t list);

#endif
