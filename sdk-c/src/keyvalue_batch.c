// Many keys in one call, one to one with `wasi:keyvalue/batch`.

#include "keyvalue.h"

#include <stdlib.h>

// A list of views is handed to the host as it is.
_Static_assert(sizeof(wcl_view) == sizeof(wcl_gen_string_t), "a view is a text to the host");
_Static_assert(offsetof(wcl_view, len) == offsetof(wcl_gen_string_t, len), "a view is a text to the host");
_Static_assert(sizeof(wcl_pair) == sizeof(wcl_gen_tuple2_string_list_u8_t), "a pair is a pair to the host");
_Static_assert(offsetof(wcl_pair, value) == offsetof(wcl_gen_tuple2_string_list_u8_t, f1), "a pair is a pair to the host");

static wcl_status checked(const wcl_view *key) {
  wcl_gen_string_t ignored;
  return wcli_text("a key", key->ptr, key->len, &ignored);
}

static wcl_status lower_keys(const wcl_view *keys, size_t count, wcl_gen_list_string_t *out) {
  WCLI_TRY(wcli_list(keys, count));
  for (size_t i = 0; i < count; i++) WCLI_TRY(checked(&keys[i]));
  *out = (wcl_gen_list_string_t){.ptr = (wcl_gen_string_t *)(uintptr_t)keys, .len = count};
  return WCL_OK;
}

void wcl_found_list_free(wcl_found_list *list) {
  if (!list) return;
  for (size_t i = 0; i < list->len; i++) {
    wcl_str_free(&list->ptr[i].key);
    wcl_bytes_free(&list->ptr[i].value);
  }
  free(list->ptr);
  *list = (wcl_found_list){0};
}

wcl_status wcl_bucket_get_many(const wcl_bucket *bucket, const wcl_view *keys, size_t count, wcl_found_list *out) {
  *out = (wcl_found_list){0};
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_list_string_t names;
  WCLI_TRY(wcli_bucket(bucket, &self));
  WCLI_TRY(lower_keys(keys, count, &names));
  wcl_gen_list_option_tuple2_string_list_u8_t answer;
  wcl_gen_store_error_t error;
  if (!wcl_gen_batch_get_many(self, &names, &answer, &error)) return wcli_store_failed(&error, WCLI_READ);
  if (answer.len == 0) return WCL_OK;

  wcl_found *found = (wcl_found *)calloc(answer.len, sizeof *found);
  if (!found) abort();
  for (size_t i = 0; i < answer.len; i++) {
    wcl_gen_option_tuple2_string_list_u8_t *one = &answer.ptr[i];
    if (one->is_some) found[i] = (wcl_found){.key = wcli_take_str(one->val.f0), .value = wcli_take_bytes(one->val.f1)};
  }
  free(answer.ptr);
  *out = (wcl_found_list){.ptr = found, .len = answer.len};
  return WCL_OK;
}

wcl_status wcl_bucket_set_many(const wcl_bucket *bucket, const wcl_pair *pairs, size_t count) {
  wcl_gen_store_borrow_bucket_t self;
  WCLI_TRY(wcli_bucket(bucket, &self));
  WCLI_TRY(wcli_list(pairs, count));
  for (size_t i = 0; i < count; i++) {
    wcl_gen_list_u8_t ignored;
    WCLI_TRY(checked(&pairs[i].key));
    WCLI_TRY(wcli_bytes(pairs[i].value.ptr, pairs[i].value.len, &ignored));
  }
  wcl_gen_list_tuple2_string_list_u8_t all = {.ptr = (wcl_gen_tuple2_string_list_u8_t *)(uintptr_t)pairs, .len = count};
  wcl_gen_store_error_t error;
  if (!wcl_gen_batch_set_many(self, &all, &error)) return wcli_store_failed(&error, WCLI_WRITE);
  return WCL_OK;
}

wcl_status wcl_bucket_delete_many(const wcl_bucket *bucket, const wcl_view *keys, size_t count) {
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_list_string_t names;
  WCLI_TRY(wcli_bucket(bucket, &self));
  WCLI_TRY(lower_keys(keys, count, &names));
  wcl_gen_store_error_t error;
  if (!wcl_gen_batch_delete_many(self, &names, &error)) return wcli_store_failed(&error, WCLI_WRITE);
  return WCL_OK;
}
