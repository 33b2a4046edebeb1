/// What all capabilities share: the outcome of a call, bytes and texts. See wasi_cloud.h for the rules of this library.
#ifndef WASI_CLOUD_BASE_H
#define WASI_CLOUD_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/// An outcome that is not looked at is a warning; `(void)` says that it does not matter. (GCC has an attribute for C11 that
/// `(void)` does not silence, so there it is left out.)
#if defined(__cplusplus) ? __cplusplus >= 201703L : __STDC_VERSION__ >= 202311L
#define WCL_MUST_CHECK [[nodiscard]]
#elif defined(__clang__)
#define WCL_MUST_CHECK __attribute__((__warn_unused_result__))
#else
#define WCL_MUST_CHECK
#endif

/// How a call ended. Closed: a `switch` over all of it is the point, and every language has the same nine kinds of failure.
///
/// How fine a kind is depends on the package that the function belongs to. Standard packages tell fewer apart: each header
/// says which kinds its functions return.
typedef enum wcl_status {
  /// Success.
  WCL_OK = 0,
  /// The named store or topic does not exist. A missing key is not an error.
  WCL_NOT_FOUND,
  /// The component was not granted this, whether it exists or not.
  WCL_ACCESS_DENIED,
  /// An argument is malformed: the same call can never succeed.
  WCL_INVALID,
  /// A condition did not hold, or a cursor or version is from before the link was switched.
  WCL_CONFLICT,
  /// The host does not offer this.
  WCL_UNSUPPORTED,
  /// A declared limit was exceeded: size, length, count or rate.
  WCL_QUOTA,
  /// No answer in time.
  WCL_TIMEOUT,
  /// The backend cannot be reached.
  WCL_UNAVAILABLE,
  /// Anything else.
  WCL_OTHER
} wcl_status;

/// The name of a status as the WIT, logs and reports have it: `ok`, `not-found`, `access-denied` and so on. Static.
const char *wcl_status_name(wcl_status status);

/// The text of the last failure in this thread, for people; empty if nothing failed yet, and if a function of your own failed
/// without `wcl_fail`. Programs read the status.
///
/// Valid until the next call in this thread that returns a `wcl_status`; closing and freeing leave it alone. Texts are cut after
/// 1023 bytes, between two characters.
const char *wcl_errmsg(void);

/// Whether the last failed call in this thread may have changed something all the same, now or later: then read before you
/// write again (KV-STORE-S17, KVX-62). Never true after a read.
bool wcl_maybe_applied(void);

/// Fails with an error of your own, for instance in a handler: `return wcl_fail(WCL_INVALID, "an order needs an amount");`.
/// Sets what `wcl_errmsg` returns, and nothing changed. `message` is copied, and what is not UTF-8 in it becomes `?`. Returns
/// `status`.
wcl_status wcl_fail(wcl_status status, const char *message);

/// Bytes that the caller owns, without a zero behind them. `ptr` is NULL if what was asked for is missing. Empty bytes have a
/// `ptr` and a `len` of 0.
typedef struct wcl_bytes {
  uint8_t *ptr;
  size_t len;
} wcl_bytes;

/// Text that the caller owns: UTF-8 with a zero behind the `len` bytes. `ptr` is NULL if the text is missing.
typedef struct wcl_str {
  char *ptr;
  size_t len;
} wcl_str;

/// Texts that the caller owns, as part of something that frees them.
typedef struct wcl_strs {
  wcl_str *ptr;
  size_t len;
} wcl_strs;

/// Bytes or text that somebody else owns, and that are only looked at.
typedef struct wcl_view {
  const void *ptr;
  size_t len;
} wcl_view;

/// Two views: of a name and a value, or of a key and a value.
typedef struct wcl_pair {
  wcl_view key;
  wcl_view value;
} wcl_pair;

/// A name and a text, both owned.
typedef struct wcl_str_pair {
  wcl_str key;
  wcl_str value;
} wcl_str_pair;

/// Names and texts that the caller owns. `ptr` is NULL if they are missing.
typedef struct wcl_str_pairs {
  wcl_str_pair *ptr;
  size_t len;
} wcl_str_pairs;

/// A view of these bytes.
static inline wcl_view wcl_view_of(const void *ptr, size_t len) {
  wcl_view view;
  view.ptr = ptr;
  view.len = len;
  return view;
}

/// A view of a text without the zero behind it. `text` must not be NULL.
static inline wcl_view wcl_view_text(const char *text) { return wcl_view_of(text, strlen(text)); }

/// Whether the bytes are those of this text. What is missing is not; `text` must not be NULL.
static inline bool wcl_bytes_are(const wcl_bytes *bytes, const char *text) {
  return bytes->ptr && bytes->len == strlen(text) && memcmp(bytes->ptr, text, bytes->len) == 0;
}

/// Copies bytes into memory of their own. Errors: `WCL_QUOTA` if there is no memory.
WCL_MUST_CHECK wcl_status wcl_bytes_copy(const void *data, size_t len, wcl_bytes *out);

/// Frees the memory and makes it missing. Takes NULL, and what is missing already.
void wcl_bytes_free(wcl_bytes *bytes);

/// Frees the memory and makes it missing. Takes NULL, and what is missing already.
void wcl_str_free(wcl_str *str);

/// Frees all names and texts. Takes NULL, and what is missing already.
void wcl_str_pairs_free(wcl_str_pairs *pairs);

#ifdef __cplusplus
}
#endif
#endif
