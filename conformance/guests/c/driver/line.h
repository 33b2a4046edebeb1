// What a driver makes of the bindings of its line: short names, and `exec` around its `step`.
//
//     #include "keyvalue_driver.h"
//     #define LINE keyvalue
//     #define LINE_UPPER KEYVALUE
//     #define STATE
//     #include "line.h"
//
// Without STATE there are no slots to misuse, and nothing to drop.

#include "driver.h"

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
// A type or a function of the line, and a number of one of its variants.
#define NAME(name) JOIN(exports_wasi_cloud_conformance_, LINE, _##name)
#define NUMBER(name) JOIN(EXPORTS_WASI_CLOUD_CONFORMANCE_, LINE_UPPER, _##name)
#define OP(name) NUMBER(OP_##name)
#define SEEN(name) NUMBER(SEEN_##name)

typedef NAME(op_t) Op;
typedef NAME(seen_t) Seen;
// For `switch`: a compiler says which case is missing, so there is no `default`.
typedef enum NAME(op) OpTag;

// One operation in, one observation out. `seen` is looked at after a success only.
static wcl_status step(const Op *op, Seen *seen);

static inline wcl_status done(Seen *seen, int tag) {
  seen->tag = (uint8_t)tag;
  return WCL_OK;
}

static uint8_t kind(wcl_status status) {
  switch (status) {
    case WCL_NOT_FOUND: return NUMBER(KIND_NOT_FOUND);
    case WCL_ACCESS_DENIED: return NUMBER(KIND_ACCESS_DENIED);
    case WCL_INVALID: return NUMBER(KIND_INVALID);
    case WCL_CONFLICT: return NUMBER(KIND_CONFLICT);
    case WCL_UNSUPPORTED: return NUMBER(KIND_UNSUPPORTED);
    case WCL_QUOTA: return NUMBER(KIND_QUOTA);
    case WCL_TIMEOUT: return NUMBER(KIND_TIMEOUT);
    case WCL_UNAVAILABLE: return NUMBER(KIND_UNAVAILABLE);
    case WCL_OTHER: return NUMBER(KIND_OTHER);
    case WCL_OK: break;
  }
  abort();
}

static void show_failure(Seen *seen, wcl_status status) {
  wcl_view text = wcl_view_text(wcl_errmsg());
#ifdef STATE
  if (status == MISUSED) {
    seen->tag = SEEN(MISUSED);
    SHOW(seen->val.misused, text);
    return;
  }
#endif
  seen->tag = SEEN(FAILED);
  seen->val.failed.kind = kind(status);
  seen->val.failed.applied = wcl_maybe_applied() ? NUMBER(APPLIED_MAYBE) : NUMBER(APPLIED_NO);
  SHOW(seen->val.failed.message, text);
}

// What the suite calls. Takes over `op`, and leaves `seen` to the bindings to free.
void NAME(exec)(Op *op, Seen *seen) {
  wcl_status status = step(op, seen);
  if (status) show_failure(seen, status);
  NAME(op_free)(op);
}

#ifdef STATE
// Closes what is open. In a component the host does that; natively, call it at the end of the thread.
void NAME(drop)(void);
#endif
