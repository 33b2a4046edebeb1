#include "internal.h"

size_t wcli_len(const char *text) { return text ? strlen(text) : SIZE_MAX; }

// RFC 3629.
size_t wcli_character(const unsigned char *at, size_t left) {
  if (at[0] < 0x80) return 1;
  size_t more = at[0] >= 0xF0 ? 3 : at[0] >= 0xE0 ? 2 : 1;
  if (at[0] < 0xC2 || at[0] > 0xF4 || left <= more) return 0;
  for (size_t i = 1; i <= more; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  // Longer than needed, a surrogate, or past the last character.
  if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F)) return 0;
  if ((at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F)) return 0;
  return 1 + more;
}

static wcl_status refuse(const char *what, const char *why) {
  char text[64] = "";
  size_t space = sizeof text - 1;
  strncat(text, what, space);
  strncat(text, why, space - strlen(text));
  return wcl_fail(WCL_INVALID, text);
}

wcl_status wcli_text(const char *what, const void *ptr, size_t len, wcl_gen_string_t *out) {
  if (!ptr && len > 0) return refuse(what, " is NULL");
  const unsigned char *bytes = (const unsigned char *)ptr;
  for (size_t at = 0; at < len;) {
    size_t step = wcli_character(bytes + at, len - at);
    if (step == 0) return refuse(what, " is not UTF-8");
    at += step;
  }
  // The host only reads it.
  out->ptr = (uint8_t *)(uintptr_t)ptr;
  out->len = len;
  return WCL_OK;
}

wcl_status wcli_bytes(const void *ptr, size_t len, wcl_gen_list_u8_t *out) {
  if (!ptr && len > 0) return wcl_fail(WCL_INVALID, "the bytes are NULL");
  *out = (wcl_gen_list_u8_t){.ptr = (uint8_t *)(uintptr_t)ptr, .len = len};
  return WCL_OK;
}

wcl_status wcli_list(const void *ptr, size_t count) {
  return !ptr && count > 0 ? wcl_fail(WCL_INVALID, "the list is NULL") : WCL_OK;
}

wcl_status wcli_open(const char *what, int32_t handle) { return handle == 0 ? refuse(what, " is closed") : WCL_OK; }
