// The functions of a bucket, one to one with `wasi:keyvalue/store`, and `increment`.

#include "keyvalue.h"

#include <stdlib.h>

static const char no_such_store[] = "no such store: nothing is linked to this label";
static const char no_grant[] = "no grant allows this";

wcl_status wcli_store_failed(wcl_gen_store_error_t *error, wcli_access access) {
  switch (error->tag) {
    case WCL_GEN_STORE_ERROR_NO_SUCH_STORE:
      return wcl_fail(WCL_NOT_FOUND, no_such_store);
    case WCL_GEN_STORE_ERROR_ACCESS_DENIED:
      return wcl_fail(WCL_ACCESS_DENIED, no_grant);
    default:
      return wcli_fail_with(WCL_OTHER, access == WCLI_WRITE, &error->val.other);
  }
}

wcl_status wcli_bucket(const wcl_bucket *bucket, wcl_gen_store_borrow_bucket_t *self) {
  WCLI_TRY(wcli_open("the bucket", bucket ? bucket->handle : 0));
  self->__handle = bucket->handle;
  return WCL_OK;
}

wcl_status wcli_bucket_key(const wcl_bucket *bucket, const void *key, size_t key_len, wcl_gen_store_borrow_bucket_t *self,
                           wcl_gen_string_t *name) {
  WCLI_TRY(wcli_bucket(bucket, self));
  return wcli_text("the key", key, key_len, name);
}

wcl_status wcl_bucket_open(const char *label, wcl_bucket *out) { return wcl_bucket_open_n(label, wcli_len(label), out); }

wcl_status wcl_bucket_open_n(const char *label, size_t label_len, wcl_bucket *out) {
  *out = (wcl_bucket){0};
  wcl_gen_string_t name;
  WCLI_TRY(wcli_text("the label", label, label_len, &name));
  wcl_gen_store_own_bucket_t bucket;
  wcl_gen_store_error_t error;
  if (!wcl_gen_store_open(&name, &bucket, &error)) return wcli_store_failed(&error, WCLI_READ);
  out->handle = bucket.__handle;
  return WCL_OK;
}

void wcl_bucket_close(wcl_bucket *bucket) {
  if (!bucket || bucket->handle == 0) return;
  wcl_gen_store_bucket_drop_own((wcl_gen_store_own_bucket_t){bucket->handle});
  bucket->handle = 0;
}

wcl_status wcl_bucket_get(const wcl_bucket *bucket, const char *key, wcl_bytes *out) {
  return wcl_bucket_get_n(bucket, key, wcli_len(key), out);
}

wcl_status wcl_bucket_get_n(const wcl_bucket *bucket, const char *key, size_t key_len, wcl_bytes *out) {
  *out = (wcl_bytes){0};
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_option_list_u8_t value;
  wcl_gen_store_error_t error;
  if (!wcl_gen_store_method_bucket_get(self, &name, &value, &error)) return wcli_store_failed(&error, WCLI_READ);
  if (value.is_some) *out = wcli_take_bytes(value.val);
  return WCL_OK;
}

wcl_status wcl_bucket_set(const wcl_bucket *bucket, const char *key, const void *value, size_t len) {
  return wcl_bucket_set_n(bucket, key, wcli_len(key), value, len);
}

wcl_status wcl_bucket_set_n(const wcl_bucket *bucket, const char *key, size_t key_len, const void *value, size_t len) {
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_list_u8_t bytes;
  WCLI_TRY(wcli_bytes(value, len, &bytes));
  wcl_gen_store_error_t error;
  if (!wcl_gen_store_method_bucket_set(self, &name, &bytes, &error)) return wcli_store_failed(&error, WCLI_WRITE);
  return WCL_OK;
}

wcl_status wcl_bucket_delete(const wcl_bucket *bucket, const char *key) {
  return wcl_bucket_delete_n(bucket, key, wcli_len(key));
}

wcl_status wcl_bucket_delete_n(const wcl_bucket *bucket, const char *key, size_t key_len) {
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_store_error_t error;
  if (!wcl_gen_store_method_bucket_delete(self, &name, &error)) return wcli_store_failed(&error, WCLI_WRITE);
  return WCL_OK;
}

wcl_status wcl_bucket_exists(const wcl_bucket *bucket, const char *key, bool *out) {
  return wcl_bucket_exists_n(bucket, key, wcli_len(key), out);
}

wcl_status wcl_bucket_exists_n(const wcl_bucket *bucket, const char *key, size_t key_len, bool *out) {
  *out = false;
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_store_error_t error;
  if (!wcl_gen_store_method_bucket_exists(self, &name, out, &error)) return wcli_store_failed(&error, WCLI_READ);
  return WCL_OK;
}

wcl_status wcl_bucket_increment(const wcl_bucket *bucket, const char *key, int64_t delta, int64_t *out) {
  return wcl_bucket_increment_n(bucket, key, wcli_len(key), delta, out);
}

wcl_status wcl_bucket_increment_n(const wcl_bucket *bucket, const char *key, size_t key_len, int64_t delta, int64_t *out) {
  int64_t sum;
  if (!out) out = &sum;
  *out = 0;
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_store_error_t error;
  if (!wcl_gen_atomics_increment(self, &name, delta, out, &error)) return wcli_store_failed(&error, WCLI_WRITE);
  return WCL_OK;
}
