// What the host calls with a change. A program that registers no watcher does not link this, and exports nothing.

#include "../include/wasi_cloud/keyvalue_watcher.h"

#include <stdlib.h>

#include "keyvalue.h"

// Complete before the host calls, and only read afterwards.
static struct {
  wcl_set_watcher watcher;
  void *context;
} on_set;
static struct {
  wcl_delete_watcher watcher;
  void *context;
} on_delete;

// The generated exports. Naming one links both, and with them the type of a component that is told of changes.
void __wasm_export_exports_wcl_gen_watcher_on_set(int32_t bucket, uint8_t *key, size_t key_len, uint8_t *value,
                                                  size_t value_len);
extern void (*const wcli_watching)(int32_t, uint8_t *, size_t, uint8_t *, size_t);
void (*const wcli_watching)(int32_t, uint8_t *, size_t, uint8_t *, size_t) = __wasm_export_exports_wcl_gen_watcher_on_set;

void wcl_on_set(wcl_set_watcher watcher, void *context) {
  // A mistake of the program's, which would go on for ever later: it ends here.
  if (!watcher || on_set.watcher) abort();
  on_set.watcher = watcher;
  on_set.context = context;
}

void wcl_on_delete(wcl_delete_watcher watcher, void *context) {
  if (!watcher || on_delete.watcher) abort();
  on_delete.watcher = watcher;
  on_delete.context = context;
}

void exports_wcl_gen_watcher_on_set(exports_wcl_gen_watcher_own_bucket_t given, wcl_gen_string_t *key,
                                    wcl_gen_list_u8_t *value) {
  wcl_bucket bucket = {given.__handle};
  wcl_str name = wcli_take_str(*key);
  wcl_bytes bytes = wcli_take_bytes(*value);
  if (on_set.watcher) on_set.watcher(on_set.context, &bucket, &name, &bytes);
  wcl_bytes_free(&bytes);
  wcl_str_free(&name);
  wcl_bucket_close(&bucket);
}

void exports_wcl_gen_watcher_on_delete(exports_wcl_gen_watcher_own_bucket_t given, wcl_gen_string_t *key) {
  wcl_bucket bucket = {given.__handle};
  wcl_str name = wcli_take_str(*key);
  if (on_delete.watcher) on_delete.watcher(on_delete.context, &bucket, &name);
  wcl_str_free(&name);
  wcl_bucket_close(&bucket);
}
