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

// Its status is all that it has to say.
static wcl_status mute(void *context, const wcl_bytes *current, wcl_bytes *next) {
  (void)context, (void)current, (void)next;
  return WCL_INVALID;
}

// The write in it fails, and that it may have happened is still true.
static wcl_status write_more(void *context, const wcl_bytes *current, wcl_bytes *next) {
  (void)current, (void)next;
  return wcl_bucket_set(&((change *)context)->bucket, "other", "v", 1);
}

// What a change says is its own: nothing of an older failure, and all of one in it.
static void failures(change *it) {
  static const wcl_cloud_fault after = {.name = "keyvalue:*", .op = "set", .moment = WCL_FAULT_AFTER};
  wcl_cloud cloud;
  OK(wcl_cloud_new(NULL, &cloud));
  OK(wcl_bucket_open("default", &it->bucket));
  OK(wcl_cloud_inject(&cloud, &after));
  FAILS(WCL_OTHER, wcl_bucket_set(&it->bucket, "key", "v", 1));
  assert(wcl_maybe_applied());
  assert(wcl_bucket_update(&it->bucket, "key", mute, it) == WCL_INVALID);
  assert(!wcl_maybe_applied() && *wcl_errmsg() == '\0');
  OK(wcl_cloud_inject(&cloud, &after));
  FAILS(WCL_OTHER, wcl_bucket_update(&it->bucket, "key", write_more, it));
  assert(wcl_maybe_applied());
  wcl_bucket_close(&it->bucket);
  wcl_cloud_close(&cloud);
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
  failures(&it);
  assert(wcl_cloud_open_handles() == 0);
  return 0;
}
