// The error slot: what it says, how long that may be, and that each thread has its own.

#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>
#include <stdlib.h>

static void names(void) {
  assert(strcmp(wcl_status_name(WCL_OK), "ok") == 0);
  assert(strcmp(wcl_status_name(WCL_ACCESS_DENIED), "access-denied") == 0);
  assert(strcmp(wcl_status_name(WCL_OTHER), "other") == 0);
  assert(strcmp(wcl_status_name((wcl_status)10), "unknown") == 0);
}

static void own(void) {
  assert(wcl_fail(WCL_INVALID, "an order needs an amount") == WCL_INVALID);
  assert(strcmp(wcl_errmsg(), "an order needs an amount") == 0 && !wcl_maybe_applied());
  assert(wcl_fail(WCL_OTHER, wcl_errmsg()) == WCL_OTHER);
  assert(strcmp(wcl_errmsg(), "an order needs an amount") == 0);
  assert(wcl_fail(WCL_OTHER, NULL) == WCL_OTHER && *wcl_errmsg() == '\0');
  // Latin-1, and a character cut short before a whole one.
  assert(wcl_fail(WCL_INVALID, "caf\xe9") == WCL_INVALID && strcmp(wcl_errmsg(), "caf?") == 0);
  assert(wcl_fail(WCL_INVALID, "\xe2\x82\xe2\x82\xac") == WCL_INVALID && strcmp(wcl_errmsg(), "??\xe2\x82\xac") == 0);
}

// Cut after 1023 bytes, and between two characters.
static void long_texts(void) {
  enum { LENGTH = 5000 };
  char *text = malloc(LENGTH + 1);
  assert(text);
  memset(text, 'x', LENGTH);
  text[LENGTH] = '\0';
  assert(wcl_fail(WCL_OTHER, text) == WCL_OTHER);
  assert(strlen(wcl_errmsg()) == 1023);
  // Characters of three bytes of which the last begins at 1022, 1021 and 1020.
  for (size_t before = 0; before < 3; before++) {
    for (size_t at = before; at + 3 <= LENGTH; at += 3) memcpy(text + at, "\xe2\x82\xac", 3);
    assert(wcl_fail(WCL_OTHER, text) == WCL_OTHER);
    assert(strlen(wcl_errmsg()) == before + (1023 - before) / 3 * 3);
  }
  free(text);

  // A host's text as long, which is freed all the same: it names the topic.
  char topic[4096];
  memset(topic, 't', sizeof topic - 1);
  topic[sizeof topic - 1] = '\0';
  FAILS(WCL_OTHER, wcl_publish(topic, "x", 1));
}

static void may_have_happened(void) {
  wcl_cloud cloud;
  wcl_bucket bucket;
  wcl_bytes value;
  OK(wcl_cloud_new(NULL, &cloud));
  OK(wcl_bucket_open("default", &bucket));

  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:default", .moment = WCL_FAULT_AFTER, .op = "set"}));
  FAILS(WCL_OTHER, wcl_bucket_set(&bucket, "key", "v", 1));
  assert(wcl_maybe_applied());
  OK(wcl_bucket_get(&bucket, "key", &value));
  assert(value.len == 1);
  wcl_bytes_free(&value);

  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:*"}));
  FAILS(WCL_OTHER, wcl_bucket_get(&bucket, "key", &value));
  assert(!value.ptr && !wcl_maybe_applied());

  // The extension tells the kind, and whether it happened.
  wcl_put_options always = {0};
  wcl_str version;
  for (int kind = WCL_NOT_FOUND; kind <= WCL_OTHER; kind++) {
    OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:default", .op = "put", .kind = (wcl_status)kind}));
    FAILS((wcl_status)kind, wcl_bucket_put(&bucket, "key", "v", 1, &always, &version));
    assert(!version.ptr);
  }
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:default", .moment = WCL_FAULT_AFTER, .kind = WCL_TIMEOUT}));
  FAILS(WCL_TIMEOUT, wcl_bucket_put(&bucket, "key", "v", 1, &always, &version));
  assert(wcl_maybe_applied());
  wcl_bucket_close(&bucket);
  wcl_cloud_close(&cloud);
}

static pthread_barrier_t both;

static void *fail_apart(void *own_text) {
  assert(*wcl_errmsg() == '\0');
  assert(wcl_fail(WCL_QUOTA, own_text) == WCL_QUOTA);
  pthread_barrier_wait(&both);
  assert(strcmp(wcl_errmsg(), own_text) == 0);
  pthread_barrier_wait(&both);
  return NULL;
}

static void threads(void) {
  pthread_t one, two;
  assert(pthread_barrier_init(&both, NULL, 2) == 0);
  assert(pthread_create(&one, NULL, fail_apart, "one") == 0);
  assert(pthread_create(&two, NULL, fail_apart, "two") == 0);
  assert(pthread_join(one, NULL) == 0 && pthread_join(two, NULL) == 0);
  pthread_barrier_destroy(&both);
}

int main(void) {
  names();
  own();
  long_texts();
  may_have_happened();
  threads();
  return 0;
}
