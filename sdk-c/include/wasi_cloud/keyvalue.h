/// Key-value storage: buckets of bytes under text keys (`wasi:keyvalue`: store, atomics, batch).
///
/// Keys are UTF-8 and values are bytes; the host declares how long they may be. What a function does is what the host does:
/// nothing is checked here, cached or tried again. `wcl_bucket_keys` and `wcl_bucket_update` are made of the others.
///
/// Errors, where nothing else is said: `WCL_NOT_FOUND` (nothing is linked to the label, or the bucket is gone),
/// `WCL_ACCESS_DENIED` (no grant), `WCL_INVALID` (text that is not UTF-8, a closed handle: the host was not asked), and
/// `WCL_OTHER` for all else; these are all that the standard package tells apart (KV-STORE-22). After `WCL_OTHER` from a write
/// `wcl_maybe_applied` is true: the write may have happened (KV-STORE-S17).
#ifndef WASI_CLOUD_KEYVALUE_H
#define WASI_CLOUD_KEYVALUE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An open bucket. Holds a slot in the host's handle table until it is closed.
typedef struct wcl_bucket {
  int32_t handle;
} wcl_bucket;

/// Opens the bucket behind a label: the name of a link that the operator configures. Close with `wcl_bucket_close`.
///
/// Errors: `WCL_NOT_FOUND` if the label is not configured (KV-STORE-02), `WCL_ACCESS_DENIED` if it is not granted
/// (KV-STORE-03), `WCL_OTHER` if the backend is away or too many handles are open.
WCL_MUST_CHECK wcl_status wcl_bucket_open(const char *label, wcl_bucket *out);
/// `wcl_bucket_open` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_open_n(const char *label, size_t label_len, wcl_bucket *out);

/// Closes a bucket. Takes NULL, and what is closed already.
void wcl_bucket_close(wcl_bucket *bucket);

/// Reads a value. `out->ptr` is NULL if the key is absent, which is no error and not an empty value. Free with
/// `wcl_bytes_free`.
WCL_MUST_CHECK wcl_status wcl_bucket_get(const wcl_bucket *bucket, const char *key, wcl_bytes *out);
/// `wcl_bucket_get` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_get_n(const wcl_bucket *bucket, const char *key, size_t key_len, wcl_bytes *out);

/// Writes `len` bytes under a key, whether it is there or not. `value` may be NULL if `len` is 0.
WCL_MUST_CHECK wcl_status wcl_bucket_set(const wcl_bucket *bucket, const char *key, const void *value, size_t len);
/// `wcl_bucket_set` with a length of the key.
WCL_MUST_CHECK wcl_status wcl_bucket_set_n(const wcl_bucket *bucket, const char *key, size_t key_len, const void *value,
                                           size_t len);

/// Removes a key; nothing happens if it is absent.
WCL_MUST_CHECK wcl_status wcl_bucket_delete(const wcl_bucket *bucket, const char *key);
/// `wcl_bucket_delete` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_delete_n(const wcl_bucket *bucket, const char *key, size_t key_len);

/// Asks whether a key is there.
WCL_MUST_CHECK wcl_status wcl_bucket_exists(const wcl_bucket *bucket, const char *key, bool *out);
/// `wcl_bucket_exists` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_exists_n(const wcl_bucket *bucket, const char *key, size_t key_len, bool *out);

/// Adds to the counter under a key and returns the sum in `out`, which may be NULL; an absent key counts as 0 (KV-ATOM-01).
/// No other writer comes between. Do not mix counters with get and set: how one is stored differs by host.
WCL_MUST_CHECK wcl_status wcl_bucket_increment(const wcl_bucket *bucket, const char *key, int64_t delta, int64_t *out);
/// `wcl_bucket_increment` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_increment_n(const wcl_bucket *bucket, const char *key, size_t key_len, int64_t delta,
                                                 int64_t *out);

/* Listing */

/// One page of a listing: some keys and, unless it was the last page, where to go on.
typedef struct wcl_page {
  wcl_strs keys;
  /// `ptr` is NULL after the last page. A page may be empty and have a cursor all the same (KV-STORE-S11).
  wcl_str cursor;
} wcl_page;

/// Frees a page. Takes NULL, and what is freed already.
void wcl_page_free(wcl_page *page);

/// Lists keys, a page at a time and in any order: start with NULL, go on with the cursor of the last page. `wcl_bucket_keys`
/// does so for you. A key may come twice, and what others write meanwhile may be missing or listed. Free with
/// `wcl_page_free`.
WCL_MUST_CHECK wcl_status wcl_bucket_list_page(const wcl_bucket *bucket, const char *cursor, wcl_page *out);
/// `wcl_bucket_list_page` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_list_page_n(const wcl_bucket *bucket, const char *cursor, size_t cursor_len,
                                                 wcl_page *out);

/// An iteration over all keys of a bucket. Its fields are its own.
typedef struct wcl_keys {
  wcl_bucket bucket;
  wcl_page page;
  size_t next;
  bool begun;
} wcl_keys;

/// Begins an iteration over all keys, in any order; asks nothing of the host yet. The bucket must stay open. End it with
/// `wcl_keys_free`.
///
///     wcl_keys keys = wcl_bucket_keys(&bucket);
///     const char *key;
///     wcl_status status;
///     while ((status = wcl_keys_next(&keys, &key, NULL)) == WCL_OK && key) puts(key);
///     wcl_keys_free(&keys);
wcl_keys wcl_bucket_keys(const wcl_bucket *bucket);

/// The next key, and NULL at the end; `len`, which may be NULL, gets its length. The key is the iteration's, until its next
/// call. Errors end the iteration: those of `wcl_bucket_list_page`, or `WCL_OTHER` if the host returns the same page and the
/// same cursor again, so that a broken host cannot keep the component busy for ever.
WCL_MUST_CHECK wcl_status wcl_keys_next(wcl_keys *keys, const char **key, size_t *len);

/// Ends an iteration. Takes NULL, and what is ended already.
void wcl_keys_free(wcl_keys *keys);

/* Many keys in one call. Not a transaction: after an error a part may have been applied (KV-BATCH-07). */

/// A key and its value. If the key is absent, `ptr` is NULL in both: which one it is the place in the list tells, on hosts that
/// declare so (KV-BATCH-03).
typedef struct wcl_found {
  wcl_str key;
  wcl_bytes value;
} wcl_found;

/// What `wcl_bucket_get_many` found, as long as what was asked for.
typedef struct wcl_found_list {
  wcl_found *ptr;
  size_t len;
} wcl_found_list;

/// Frees all of it. Takes NULL, and what is freed already.
void wcl_found_list_free(wcl_found_list *list);

/// Reads many values. Result i belongs to key i where the host declares it (KV-BATCH-03). Free with `wcl_found_list_free`.
WCL_MUST_CHECK wcl_status wcl_bucket_get_many(const wcl_bucket *bucket, const wcl_view *keys, size_t count,
                                              wcl_found_list *out);

/// Writes all pairs of key and value. Writing all of them again after an error is safe.
WCL_MUST_CHECK wcl_status wcl_bucket_set_many(const wcl_bucket *bucket, const wcl_pair *pairs, size_t count);

/// Removes all keys; absent ones are passed over. Repeating the call after an error is safe.
WCL_MUST_CHECK wcl_status wcl_bucket_delete_many(const wcl_bucket *bucket, const wcl_view *keys, size_t count);

/* Compare and swap */

/// What a key held at one moment, kept for a swap. Holds a slot in the host's handle table until it is swapped or closed.
typedef struct wcl_cas {
  int32_t handle;
} wcl_cas;

/// Takes the snapshot of a key, present or absent (KV-ATOM-08). Close with `wcl_cas_close` unless it is swapped.
WCL_MUST_CHECK wcl_status wcl_cas_new(const wcl_bucket *bucket, const char *key, wcl_cas *out);
/// `wcl_cas_new` with a length.
WCL_MUST_CHECK wcl_status wcl_cas_new_n(const wcl_bucket *bucket, const char *key, size_t key_len, wcl_cas *out);

/// The value of the snapshot; `out->ptr` is NULL if the key was absent. May be asked any number of times. Free with
/// `wcl_bytes_free`.
WCL_MUST_CHECK wcl_status wcl_cas_current(const wcl_cas *cas, wcl_bytes *out);

/// Writes `len` bytes if the key is still as the snapshot saw it. Uses up the handle, which is closed afterwards.
///
/// `WCL_CONFLICT` if another write came first: then nothing was written, and the handle is a fresh snapshot to try again
/// with (KV-ATOM-11, KV-ATOM-12). No other failure is `WCL_CONFLICT`.
WCL_MUST_CHECK wcl_status wcl_cas_swap(wcl_cas *cas, const void *value, size_t len);

/// Closes a snapshot; nothing is written. Takes NULL, and what is closed already.
void wcl_cas_close(wcl_cas *cas);

/// How often `wcl_bucket_update` tries before it gives up.
#define WCL_MAX_UPDATES 1000

/// Says what becomes of a value. `current` is the value, `ptr` NULL if the key is absent, and stays the caller's. Put the new
/// one into `next`, with `wcl_bytes_copy` or memory of `malloc`, which the caller then owns; leave it missing to write
/// nothing. An error writes nothing and ends the update with it.
typedef wcl_status (*wcl_change)(void *context, const wcl_bytes *current, wcl_bytes *next);

/// Changes a value with compare-and-swap: calls `change` with the current value and writes what it makes of it. If another
/// write comes first, calls it again with the value of that write. `context` is handed on.
///
/// What was written `change` can put into `context`.
///
/// Errors: those of `wcl_cas_new` and `wcl_cas_swap`, those of `change`, and `WCL_CONFLICT` if others came first
/// `WCL_MAX_UPDATES` times; then nothing was written.
WCL_MUST_CHECK wcl_status wcl_bucket_update(const wcl_bucket *bucket, const char *key, wcl_change change, void *context);
/// `wcl_bucket_update` with a length.
WCL_MUST_CHECK wcl_status wcl_bucket_update_n(const wcl_bucket *bucket, const char *key, size_t key_len, wcl_change change,
                                              void *context);

#ifdef __cplusplus
}
#endif
#endif
