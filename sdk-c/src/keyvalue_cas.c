// Compare and swap, one to one with `wasi:keyvalue/atomics`, and the loop around it.

#include "keyvalue.h"

wcl_status wcl_cas_new(const wcl_bucket *bucket, const char *key, wcl_cas *out) {
  return wcl_cas_new_n(bucket, key, wcli_len(key), out);
}

wcl_status wcl_cas_new_n(const wcl_bucket *bucket, const char *key, size_t key_len, wcl_cas *out) {
  *out = (wcl_cas){0};
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_atomics_own_cas_t cas;
  wcl_gen_store_error_t error;
  if (!wcl_gen_atomics_static_cas_new(self, &name, &cas, &error)) return wcli_store_failed(&error, WCLI_READ);
  out->handle = cas.__handle;
  return WCL_OK;
}

wcl_status wcl_cas_current(const wcl_cas *cas, wcl_bytes *out) {
  *out = (wcl_bytes){0};
  WCLI_TRY(wcli_open("the snapshot", cas ? cas->handle : 0));
  wcl_gen_option_list_u8_t value;
  wcl_gen_store_error_t error;
  if (!wcl_gen_atomics_method_cas_current((wcl_gen_atomics_borrow_cas_t){cas->handle}, &value, &error)) {
    return wcli_store_failed(&error, WCLI_READ);
  }
  if (value.is_some) *out = wcli_take_bytes(value.val);
  return WCL_OK;
}

wcl_status wcl_cas_swap(wcl_cas *cas, const void *value, size_t len) {
  WCLI_TRY(wcli_open("the snapshot", cas ? cas->handle : 0));
  wcl_gen_list_u8_t bytes;
  WCLI_TRY(wcli_bytes(value, len, &bytes));
  wcl_gen_atomics_own_cas_t own = {cas->handle};
  cas->handle = 0;
  wcl_gen_atomics_cas_error_t error;
  if (wcl_gen_atomics_swap(own, &bytes, &error)) return WCL_OK;
  if (error.tag == WCL_GEN_ATOMICS_CAS_ERROR_STORE_ERROR) return wcli_store_failed(&error.val.store_error, WCLI_WRITE);
  cas->handle = error.val.cas_failed.__handle;
  return wcl_fail(WCL_CONFLICT, "another write came first");
}

void wcl_cas_close(wcl_cas *cas) {
  if (!cas || cas->handle == 0) return;
  wcl_gen_atomics_cas_drop_own((wcl_gen_atomics_own_cas_t){cas->handle});
  cas->handle = 0;
}

wcl_status wcl_bucket_update(const wcl_bucket *bucket, const char *key, wcl_change change, void *context) {
  return wcl_bucket_update_n(bucket, key, wcli_len(key), change, context);
}

// One try. `done` says that there is nothing more to do.
static wcl_status attempt(wcl_cas *cas, wcl_change change, void *context, bool *done) {
  wcl_bytes current, next = {0};
  WCLI_TRY(wcl_cas_current(cas, &current));
  wcli_forget();
  wcl_status status = wcli_outcome(change(context, &current, &next));
  wcl_bytes_free(&current);
  *done = status != WCL_OK || !next.ptr;
  if (!*done) {
    status = wcl_cas_swap(cas, next.ptr, next.len);
    *done = status != WCL_CONFLICT;
  }
  wcl_bytes_free(&next);
  return status;
}

wcl_status wcl_bucket_update_n(const wcl_bucket *bucket, const char *key, size_t key_len, wcl_change change, void *context) {
  wcl_cas cas;
  WCLI_TRY(wcl_cas_new_n(bucket, key, key_len, &cas));
  wcl_status status = WCL_CONFLICT;
  bool done = false;
  for (int tries = 0; !done && tries < WCL_MAX_UPDATES; tries++) {
    done = true;
    status = attempt(&cas, change, context, &done);
  }
  wcl_cas_close(&cas);
  return done ? status : wcl_fail(WCL_CONFLICT, "other writers came first, as often as this was tried");
}
