#include "internal.h"

#include <stdlib.h>

static void *allocated(void *ptr) {
  if (!ptr) abort();
  return ptr;
}

wcl_status wcl_bytes_copy(const void *data, size_t len, wcl_bytes *out) {
  *out = (wcl_bytes){0};
  // Not 0 bytes: empty is not missing.
  uint8_t *copy = (uint8_t *)malloc(len + (len == 0));
  if (!copy) return wcl_fail(WCL_QUOTA, "out of memory");
  if (len > 0) memcpy(copy, data, len);
  *out = (wcl_bytes){.ptr = copy, .len = len};
  return WCL_OK;
}

void wcl_bytes_free(wcl_bytes *bytes) {
  if (!bytes) return;
  free(bytes->ptr);
  *bytes = (wcl_bytes){0};
}

void wcl_str_free(wcl_str *str) {
  if (!str) return;
  free(str->ptr);
  *str = (wcl_str){0};
}

void wcl_str_pairs_free(wcl_str_pairs *pairs) {
  if (!pairs) return;
  for (size_t i = 0; i < pairs->len; i++) {
    wcl_str_free(&pairs->ptr[i].key);
    wcl_str_free(&pairs->ptr[i].value);
  }
  free(pairs->ptr);
  *pairs = (wcl_str_pairs){0};
}

// Where a list is empty the host's pointer is none that could be freed.

wcl_bytes wcli_take_bytes(wcl_gen_list_u8_t bytes) {
  if (bytes.len == 0) bytes.ptr = (uint8_t *)allocated(malloc(1));
  return (wcl_bytes){.ptr = bytes.ptr, .len = bytes.len};
}

wcl_str wcli_take_str(wcl_gen_string_t text) {
  char *ptr = (char *)allocated(realloc(text.len > 0 ? text.ptr : NULL, text.len + 1));
  ptr[text.len] = '\0';
  return (wcl_str){.ptr = ptr, .len = text.len};
}

_Static_assert(sizeof(wcl_str) == sizeof(wcl_gen_string_t), "a text takes the place of another");
_Static_assert(offsetof(wcl_str, len) == offsetof(wcl_gen_string_t, len), "a text takes the place of another");

wcl_str *wcli_take_strs(wcl_gen_list_string_t list) {
  if (list.len == 0) return NULL;
  wcl_str *taken = (wcl_str *)(void *)list.ptr;
  for (size_t i = 0; i < list.len; i++) {
    wcl_gen_string_t given;
    memcpy(&given, &list.ptr[i], sizeof given);
    wcl_str text = wcli_take_str(given);
    memcpy(&taken[i], &text, sizeof text);
  }
  return taken;
}

_Static_assert(sizeof(wcl_str_pair) == sizeof(wcl_gen_tuple2_string_string_t), "a pair takes the place of another");

wcl_str_pairs wcli_take_pairs(wcl_gen_tuple2_string_string_t *ptr, size_t len) {
  // A pair is two texts. None of them is not missing.
  wcl_gen_list_string_t texts = {.ptr = (wcl_gen_string_t *)(void *)ptr, .len = 2 * len};
  void *taken = len > 0 ? (void *)wcli_take_strs(texts) : allocated(malloc(1));
  return (wcl_str_pairs){.ptr = (wcl_str_pair *)taken, .len = len};
}
