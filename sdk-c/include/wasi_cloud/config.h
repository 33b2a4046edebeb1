/// Configuration that the operator gives to the component (`wasi:config/store`). Read only.
///
/// A portable key is lower-case words joined by `_`, such as `price_list`. It is no place for secrets.
///
/// Errors of both functions: `WCL_OTHER` (also for a missing grant), `WCL_UNAVAILABLE` if the source cannot be reached or does
/// not answer in time, `WCL_INVALID` for text that is not UTF-8 (CFG-STORE-05). `wcl_maybe_applied` is false after each.
#ifndef WASI_CLOUD_CONFIG_H
#define WASI_CLOUD_CONFIG_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Reads one value. `out->ptr` is NULL if the key is not configured (CFG-STORE-02), which is no error. Free with
/// `wcl_str_free`.
WCL_MUST_CHECK wcl_status wcl_config_get(const char *key, wcl_str *out);
/// `wcl_config_get` with a length.
WCL_MUST_CHECK wcl_status wcl_config_get_n(const char *key, size_t key_len, wcl_str *out);

/// Reads all pairs at once, in any order (CFG-STORE-03). Free with `wcl_str_pairs_free`.
WCL_MUST_CHECK wcl_status wcl_config_get_all(wcl_str_pairs *out);

#ifdef __cplusplus
}
#endif
#endif
