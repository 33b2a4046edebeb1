// What the programs of this folder share.
#ifndef CHECK_H
#define CHECK_H

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <wasi_cloud.h>
#include <wasi_cloud/testing.h>

static inline bool check_ok(wcl_status status) {
  if (status) fprintf(stderr, "%s: %s\n", wcl_status_name(status), wcl_errmsg());
  return !status;
}

/// The call succeeds.
#define OK(call) assert(check_ok(call) && #call)

/// The call fails so, and says why.
#define FAILS(expected, call)                                                                                           \
  do {                                                                                                                  \
    wcl_status failed_ = (call);                                                                                        \
    if (failed_ != (expected)) fprintf(stderr, "%s: %s\n", wcl_status_name(failed_), wcl_errmsg());                     \
    assert(failed_ == (expected) && *wcl_errmsg() && #call);                                                            \
  } while (0)

#endif
