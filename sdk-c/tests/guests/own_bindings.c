// Reads with the program's own bindings of `wasi:keyvalue/store` what the SDK has written.

#include "mine.h"

#include <stdio.h>
#include <wasi_cloud.h>

static int fail(const char *why) {
  fputs(why, stderr);
  return 1;
}

int main(void) {
  wcl_bucket bucket;
  if (wcl_bucket_open("default", &bucket)) return fail(wcl_errmsg());
  if (wcl_bucket_set(&bucket, "key", "value", 5)) return fail(wcl_errmsg());
  wcl_bucket_close(&bucket);

  mine_string_t label, key;
  mine_string_set(&label, "default");
  mine_string_set(&key, "key");
  wasi_keyvalue_store_own_bucket_t own;
  wasi_keyvalue_store_error_t error;
  if (!wasi_keyvalue_store_open(&label, &own, &error)) return fail("not opened");
  mine_option_list_u8_t value;
  if (!wasi_keyvalue_store_method_bucket_get(wasi_keyvalue_store_borrow_bucket(own), &key, &value, &error)) {
    return fail("not read");
  }
  fwrite(value.val.ptr, 1, value.val.len, stdout);
  mine_option_list_u8_free(&value);
  wasi_keyvalue_store_bucket_drop_own(own);
  return 0;
}
