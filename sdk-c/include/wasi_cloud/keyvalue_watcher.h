/// Being told of changes to key-value data (`wasi:keyvalue/watcher`).
///
/// Which buckets are watched is configured at the host, and the component needs a grant to read them. Changes are told whoever
/// makes them, the watcher itself included, so one that writes must know when to stop. Those of one key come in order
/// (KV-WATCH-S01). Nothing is returned, so nothing can be refused: a change that is not dealt with, because the watcher traps or
/// the host ends, is not told again. Whether a key that expires is told of is open.
///
/// A program that includes this and defines no watcher exports nothing.
#ifndef WASI_CLOUD_KEYVALUE_WATCHER_H
#define WASI_CLOUD_KEYVALUE_WATCHER_H

#include "keyvalue.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Is told that a key was written, with this value (KV-WATCH-01). The bucket can be read and written (KV-WATCH-03). All three are
/// the caller's and closed or freed after the return; the instance is busy until then, and the host may set a deadline. `context`
/// is what was registered.
typedef void (*wcl_set_watcher)(void *context, const wcl_bucket *bucket, const wcl_str *key, const wcl_bytes *value);

/// Is told that a key was removed (KV-WATCH-02). All else is as of `wcl_set_watcher`.
typedef void (*wcl_delete_watcher)(void *context, const wcl_bucket *bucket, const wcl_str *key);

/// Has writes told to this function; without one they are passed over. Call it before the host does, in an
/// `__attribute__((constructor))` function. `context` is borrowed for ever. Aborts if there is one already, and for NULL.
void wcl_on_set(wcl_set_watcher watcher, void *context);

/// Has removals told to this function, as `wcl_on_set` does writes.
void wcl_on_delete(wcl_delete_watcher watcher, void *context);

/// Defines the function that is told of writes, once in a component. `bucket`, `key` and `value` name its parameters: a
/// `const wcl_bucket *`, a `const wcl_str *` and a `const wcl_bytes *`.
///
/// Files with watchers have to be linked as objects: of a static library a linker takes only the files that something names, and
/// nothing names a watcher.
///
///     WCL_ON_SET(bucket, key, value) {
///       printf("%s has %zu bytes now\n", key->ptr, value->len);
///     }
#define WCL_ON_SET(bucket, key, value)                                                                                   \
  static void wcl_on_set_defined_(const wcl_bucket *, const wcl_str *, const wcl_bytes *);                              \
  static void wcl_on_set_call_(void *context, const wcl_bucket *in, const wcl_str *name, const wcl_bytes *bytes) {      \
    (void)context;                                                                                                      \
    wcl_on_set_defined_(in, name, bytes);                                                                               \
  }                                                                                                                     \
  __attribute__((constructor)) static void wcl_on_set_register_(void) { wcl_on_set(wcl_on_set_call_, NULL); }           \
  static void wcl_on_set_defined_(const wcl_bucket *bucket, const wcl_str *key, const wcl_bytes *value)

/// Defines the function that is told of removals, as `WCL_ON_SET` does that of writes.
#define WCL_ON_DELETE(bucket, key)                                                                                       \
  static void wcl_on_delete_defined_(const wcl_bucket *, const wcl_str *);                                              \
  static void wcl_on_delete_call_(void *context, const wcl_bucket *in, const wcl_str *name) {                           \
    (void)context;                                                                                                      \
    wcl_on_delete_defined_(in, name);                                                                                   \
  }                                                                                                                     \
  __attribute__((constructor)) static void wcl_on_delete_register_(void) { wcl_on_delete(wcl_on_delete_call_, NULL); }  \
  static void wcl_on_delete_defined_(const wcl_bucket *bucket, const wcl_str *key)

#ifdef __cplusplus
}
#endif
#endif
