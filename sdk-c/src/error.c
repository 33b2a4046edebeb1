#include "internal.h"

#ifdef __wasm__
#define WCLI_THREAD static
#else
#define WCLI_THREAD static _Thread_local
#endif

// The last failure of this thread: the library's one state, but for the list of handlers, which is complete before anything
// is called.
WCLI_THREAD struct {
  wcl_status status;
  bool maybe_applied;
  char text[1024];
} last;

static const char *const names[] = {
    [WCL_OK] = "ok",
    [WCL_NOT_FOUND] = "not-found",
    [WCL_ACCESS_DENIED] = "access-denied",
    [WCL_INVALID] = "invalid",
    [WCL_CONFLICT] = "conflict",
    [WCL_UNSUPPORTED] = "unsupported",
    [WCL_QUOTA] = "quota",
    [WCL_TIMEOUT] = "timeout",
    [WCL_UNAVAILABLE] = "unavailable",
    [WCL_OTHER] = "other",
};

const char *wcl_status_name(wcl_status status) {
  size_t at = (size_t)status;
  return at < sizeof names / sizeof *names ? names[at] : "unknown";
}

const char *wcl_errmsg(void) { return last.text; }

bool wcl_maybe_applied(void) { return last.maybe_applied; }

wcl_status wcli_fail(wcl_status status, bool maybe_applied, const void *text, size_t len) {
  if (len >= sizeof last.text) {
    len = sizeof last.text - 1;
    // A byte of the form 10xxxxxx goes on with a character: cut before the whole of it.
    while (len > 0 && (((const unsigned char *)text)[len] & 0xC0) == 0x80) len--;
  }
  // The text may be the last failure's own.
  if (len > 0) memmove(last.text, text, len);
  last.text[len] = '\0';
  // What the program says of its own failures is not always UTF-8, and a host traps on what is not.
  for (size_t at = 0; at < len;) {
    size_t step = wcli_character((const unsigned char *)last.text + at, len - at);
    if (step == 0) last.text[at] = '?';
    at += step > 0 ? step : 1;
  }
  last.status = status;
  last.maybe_applied = maybe_applied;
  return status;
}

wcl_status wcli_fail_with(wcl_status status, bool maybe_applied, wcl_gen_string_t *text) {
  wcli_fail(status, maybe_applied, text->ptr, text->len);
  wcl_gen_string_free(text);
  return status;
}

wcl_status wcl_fail(wcl_status status, const char *message) {
  return wcli_fail(status, false, message, message ? strlen(message) : 0);
}

void wcli_forget(void) { wcli_fail(WCL_OK, false, NULL, 0); }

wcl_status wcli_outcome(wcl_status status) {
  return status == WCL_OK || status == last.status ? status : wcli_fail(status, false, NULL, 0);
}
