// The loop around compare-and-swap: it sees every write that comes first, and knows when to stop.

#include "check.h"

// What a change does besides, and how often it was asked.
typedef struct change {
  wcl_bucket bucket;
  int disturbances;
  int calls;
} change;

// Appends a byte. Somebody else does too, as often as this is disturbed.
static wcl_status append(void *context, const wcl_bytes *current, wcl_bytes *next) {
  change *it = context;
  it->calls++;
  if (it->disturbances-- > 0) OK(wcl_bucket_set(&it->bucket, "key", current->ptr ? "aa" : "a", current->ptr ? 2 : 1));
  uint8_t bytes[8] = {0};
  assert(current->len < sizeof bytes);
  if (current->len > 0) memcpy(bytes, current->ptr, current->len);
  bytes[current->len] = 'b';
  return wcl_bytes_copy(bytes, current->len + 1, next);
}

static wcl_status leave(void *context, const wcl_bytes *current, wcl_bytes *next) {
  change *it = context;
  it->calls++;
  return current->ptr && !next->ptr ? WCL_OK : WCL_OTHER;
}

static wcl_status refuse(void *context, const wcl_bytes *current, wcl_bytes *next) {
  OK(append(context, current, next));
  return wcl_fail(WCL_QUOTA, "no more of it");
}

static void expect(const wcl_bucket *bucket, const char *text) {
  wcl_bytes value;
  OK(wcl_bucket_get(bucket, "key", &value));
  assert(value.len == strlen(text) && memcmp(value.ptr, text, value.len) == 0);
  wcl_bytes_free(&value);
}

int main(void) {
  change it = {.disturbances = 2};
  OK(wcl_bucket_open("default", &it.bucket));
  OK(wcl_bucket_update(&it.bucket, "key", append, &it));
  assert(it.calls == 3);
  expect(&it.bucket, "aab");

  it = (change){.bucket = it.bucket};
  OK(wcl_bucket_update(&it.bucket, "key", leave, &it));
  assert(it.calls == 1);
  FAILS(WCL_QUOTA, wcl_bucket_update(&it.bucket, "key", refuse, &it));
  assert(it.calls == 2);
  expect(&it.bucket, "aab");

  it = (change){.bucket = it.bucket, .disturbances = WCL_MAX_UPDATES};
  FAILS(WCL_CONFLICT, wcl_bucket_update(&it.bucket, "key", append, &it));
  assert(it.calls == WCL_MAX_UPDATES && !wcl_maybe_applied());
  expect(&it.bucket, "aa");

  wcl_bucket_close(&it.bucket);
  assert(wcl_open_handles() == 0);
  return 0;
}
