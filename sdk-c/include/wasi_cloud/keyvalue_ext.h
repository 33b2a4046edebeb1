/// What `wasi:keyvalue` lacks: versions, conditions, lifetimes, listing by prefix, and errors that say what happened
/// (`wasi-cloud:keyvalue/extension`). A program that uses it needs a host that has it.
///
/// Errors: any kind, as the header of each function narrows it. `wcl_maybe_applied` is what the host says, and only after
/// `WCL_TIMEOUT`, `WCL_UNAVAILABLE` or `WCL_OTHER` of a write can it be true (KVX-62).
#ifndef WASI_CLOUD_KEYVALUE_EXT_H
#define WASI_CLOUD_KEYVALUE_EXT_H

#include "keyvalue.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A value and its version: a name for this state of this key, of which only equality means something (KVX-04).
typedef struct wcl_entry {
  wcl_bytes value;
  wcl_str version;
} wcl_entry;

/// Frees both. Takes NULL, and what is freed already.
void wcl_entry_free(wcl_entry *entry);

/// What must be true of a key for a write to happen.
typedef enum wcl_when {
  /// Nothing.
  WCL_WHEN_ALWAYS = 0,
  /// That the key is absent.
  WCL_WHEN_ABSENT,
  /// That the key has the version.
  WCL_WHEN_VERSION
} wcl_when;

/// A condition. All zero is `WCL_WHEN_ALWAYS`.
typedef struct wcl_condition {
  wcl_when when;
  /// Looked at for `WCL_WHEN_VERSION` only. Text: UTF-8.
  wcl_view version;
} wcl_condition;

/// The condition that a key has this version. It borrows the text: keep `version` until the call.
static inline wcl_condition wcl_if_version(const wcl_str *version) {
  wcl_condition condition;
  condition.when = WCL_WHEN_VERSION;
  condition.version = wcl_view_of(version->ptr, version->len);
  return condition;
}

/// How to write. All zero writes always and for ever.
typedef struct wcl_put_options {
  wcl_condition condition;
  /// Whether the key has a lifetime.
  bool has_ttl;
  /// The lifetime in milliseconds, counted from the write; 0 is `WCL_INVALID` (KVX-35). Looked at if `has_ttl`.
  uint64_t ttl_ms;
} wcl_put_options;

/// Reads a value and its version; `ptr` is NULL in both if the key is absent (KVX-02). Free with `wcl_entry_free`.
/// Errors: any kind but `WCL_CONFLICT`.
WCL_MUST_CHECK wcl_status wcl_bucket_get_entry(const wcl_bucket *bucket, const char *key, wcl_entry *out);
/// `wcl_bucket_get_entry` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_get_entry_n(const wcl_bucket *bucket, const char *key, size_t key_len,
                                                 wcl_entry *out);

/// Writes `len` bytes if the condition holds. `options` may be NULL: always and for ever. `version`, which may be NULL, gets
/// the new version; free it with `wcl_str_free`. Errors: `WCL_CONFLICT` if the condition does not hold (KVX-13),
/// `WCL_UNSUPPORTED` for a lifetime where there are none (KVX-38), any other kind.
WCL_MUST_CHECK wcl_status wcl_bucket_put(const wcl_bucket *bucket, const char *key, const void *value, size_t len,
                                         const wcl_put_options *options, wcl_str *version);
/// `wcl_bucket_put` with a length of the key.
WCL_MUST_CHECK wcl_status wcl_bucket_put_n(const wcl_bucket *bucket, const char *key, size_t key_len, const void *value,
                                           size_t len, const wcl_put_options *options, wcl_str *version);

/// Removes a key if the condition holds. `condition` may be NULL: always. `existed`, which may be NULL, says whether there
/// was a key. Errors: `WCL_CONFLICT` if the condition does not hold (KVX-23), `WCL_INVALID` for `WCL_WHEN_ABSENT` (KVX-24), any
/// other kind.
WCL_MUST_CHECK wcl_status wcl_bucket_delete_if(const wcl_bucket *bucket, const char *key, const wcl_condition *condition,
                                               bool *existed);
/// `wcl_bucket_delete_if` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_delete_if_n(const wcl_bucket *bucket, const char *key, size_t key_len,
                                                 const wcl_condition *condition, bool *existed);

/// Lists keys that begin with `prefix`, at most `limit` a page; the empty prefix lists all. Start with a `cursor` of NULL, go
/// on with that of the last page, with the same prefix. Free with `wcl_page_free`. Errors: `WCL_INVALID` for a limit of 0
/// (KVX-42) and for a cursor that the host never gave out, `WCL_CONFLICT` for one from before the link was switched (KVX-48),
/// any other kind.
WCL_MUST_CHECK wcl_status wcl_bucket_list_page_prefix(const wcl_bucket *bucket, const char *prefix, const char *cursor,
                                                      uint32_t limit, wcl_page *out);
/// `wcl_bucket_list_page_prefix` with lengths.
WCL_MUST_CHECK wcl_status wcl_bucket_list_page_prefix_n(const wcl_bucket *bucket, const char *prefix, size_t prefix_len,
                                                        const char *cursor, size_t cursor_len, uint32_t limit,
                                                        wcl_page *out);

#ifdef __cplusplus
}
#endif
#endif
