// One operation in, one observation out: `wasi:config` through the SDK.

#include "config_driver.h"

#define LINE config
#define LINE_UPPER CONFIG
#include "line.h"

#include <wasi_cloud/config.h>

static wcl_status step(const Op *op, Seen *seen) {
  switch ((OpTag)op->tag) {
    case OP(GET): {
      wcl_str value;
      TRY(wcl_config_get_n(TEXT(op->val.get), &value));
      seen->val.value.is_some = value.ptr != NULL;
      SHOW(seen->val.value.val, value);
      wcl_str_free(&value);
      return done(seen, SEEN(VALUE));
    }
    case OP(GET_ALL): {
      wcl_str_pairs pairs;
      TRY(wcl_config_get_all(&pairs));
      seen->val.pairs.ptr = allocated(pairs.len, sizeof *seen->val.pairs.ptr);
      seen->val.pairs.len = pairs.len;
      for (size_t i = 0; i < pairs.len; i++) {
        SHOW(seen->val.pairs.ptr[i].f0, pairs.ptr[i].key);
        SHOW(seen->val.pairs.ptr[i].f1, pairs.ptr[i].value);
      }
      wcl_str_pairs_free(&pairs);
      return done(seen, SEEN(PAIRS));
    }
  }
  abort();
}
