// What a test can do to its cloud: everything in wasi_cloud/testing.h.

#include "check.h"
#include <pthread.h>

static wcl_status visit(int64_t *visits) {
  wcl_bucket bucket;
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (status) return status;
  status = wcl_bucket_increment(&bucket, "visits", 1, visits);
  wcl_bucket_close(&bucket);
  return status;
}

static void youngest_is_current(void) {
  int64_t visits;
  wcl_cloud outer, inner;
  OK(visit(&visits));
  OK(wcl_cloud_new(NULL, &outer));
  OK(visit(&visits));
  assert(visits == 1);
  OK(wcl_cloud_new(NULL, &inner));
  OK(visit(&visits));
  assert(visits == 1);
  OK(wcl_cloud_enter(&outer));
  OK(visit(&visits));
  assert(visits == 2);
  wcl_cloud_close(&inner);
  wcl_cloud_close(&outer);
  wcl_cloud_close(&outer);
  wcl_cloud_close(NULL);
  FAILS(WCL_INVALID, wcl_cloud_enter(&outer));
  FAILS(WCL_INVALID, wcl_cloud_advance(&outer, 1));
  FAILS(WCL_INVALID, wcl_cloud_heal(NULL, NULL));
  // The thread's own, as before.
  OK(visit(&visits));
  assert(visits == 2);
}

static void *visit_often(void *cloud) {
  int64_t visits;
  OK(wcl_cloud_enter(cloud));
  for (int i = 0; i < 100; i++) OK(visit(&visits));
  return NULL;
}

static void threads(void) {
  int64_t visits;
  wcl_cloud cloud;
  pthread_t all[4];
  OK(wcl_cloud_new(NULL, &cloud));
  for (int i = 0; i < 4; i++) assert(pthread_create(&all[i], NULL, visit_often, &cloud) == 0);
  for (int i = 0; i < 4; i++) assert(pthread_join(all[i], NULL) == 0);
  OK(visit(&visits));
  assert(visits == 401);
  wcl_cloud_close(&cloud);
}

static void different_from_the_start(void) {
  static const char *const grants[] = {"keyvalue:*", "config:default", NULL};
  static const char *const deny[] = {"keyvalue:secret", NULL};
  static const char *const unlink[] = {"keyvalue:gone", NULL};
  static const char *const links[] = {"keyvalue:default", "config:default", NULL};
  static const wcl_cloud_value config[] = {{"greeting", "hello"}, {"empty", ""}, {NULL, NULL}};
  wcl_cloud cloud;
  wcl_bucket bucket;
  wcl_client client;
  wcl_str value;
  wcl_str_pairs pairs;
  wcl_cloud_options options = {.grants = grants, .deny = deny, .unlink = unlink, .config = config};
  OK(wcl_cloud_new(&options, &cloud));
  FAILS(WCL_ACCESS_DENIED, wcl_bucket_open("secret", &bucket));
  FAILS(WCL_NOT_FOUND, wcl_bucket_open("gone", &bucket));
  FAILS(WCL_ACCESS_DENIED, wcl_client_connect("default", &client));
  assert(bucket.handle == 0 && client.handle == 0);

  OK(wcl_config_get("greeting", &value));
  assert(strcmp(value.ptr, "hello") == 0 && value.len == 5);
  wcl_str_free(&value);
  OK(wcl_config_get("empty", &value));
  assert(value.ptr && value.len == 0);
  wcl_str_free(&value);
  OK(wcl_config_get("farewell", &value));
  assert(!value.ptr);
  FAILS(WCL_INVALID, wcl_config_get("\xff", &value));
  OK(wcl_config_get_all(&pairs));
  assert(pairs.len == 2);
  wcl_str_pairs_free(&pairs);
  wcl_cloud_close(&cloud);

  OK(wcl_cloud_new(&(wcl_cloud_options){.links = links}, &cloud));
  OK(wcl_config_get_all(&pairs));
  assert(pairs.ptr && pairs.len == 0);
  wcl_str_pairs_free(&pairs);
  FAILS(WCL_NOT_FOUND, wcl_bucket_open("defualt", &bucket));
  wcl_cloud_close(&cloud);

  static const char *const wrong[] = {"kv:default", NULL};
  static const char *const not_utf8[] = {"keyvalue:\xff", NULL};
  FAILS(WCL_INVALID, wcl_cloud_new(&(wcl_cloud_options){.grants = wrong}, &cloud));
  FAILS(WCL_INVALID, wcl_cloud_new(&(wcl_cloud_options){.deny = wrong}, &cloud));
  FAILS(WCL_INVALID, wcl_cloud_new(&(wcl_cloud_options){.links = wrong}, &cloud));
  FAILS(WCL_INVALID, wcl_cloud_new(&(wcl_cloud_options){.unlink = not_utf8}, &cloud));
  assert(cloud.handle == 0);
}

static void different_later(void) {
  static const char *const read_only[] = {"keyvalue:default:read", NULL};
  static const char *const wrong[] = {"kv:default", NULL};
  wcl_cloud cloud;
  wcl_bucket bucket;
  wcl_bytes value;
  bool found;
  OK(wcl_cloud_new(NULL, &cloud));
  OK(wcl_bucket_open("default", &bucket));
  wcl_put_options minute = {.has_ttl = true, .ttl_ms = 60000};
  OK(wcl_bucket_put(&bucket, "lock", "me", 2, &minute, NULL));
  OK(wcl_cloud_advance(&cloud, 59999));
  OK(wcl_bucket_exists(&bucket, "lock", &found));
  assert(found);
  OK(wcl_cloud_advance(&cloud, 1));
  OK(wcl_bucket_exists(&bucket, "lock", &found));
  assert(!found);

  OK(wcl_bucket_set(&bucket, "key", "value", 5));
  OK(wcl_cloud_grant(&cloud, read_only));
  FAILS(WCL_ACCESS_DENIED, wcl_bucket_delete(&bucket, "key"));
  FAILS(WCL_INVALID, wcl_cloud_grant(&cloud, wrong));
  FAILS(WCL_INVALID, wcl_cloud_grant(&cloud, NULL));
  OK(wcl_cloud_switch(&cloud, "keyvalue:default"));
  FAILS(WCL_INVALID, wcl_cloud_switch(&cloud, "messaging:default"));
  OK(wcl_bucket_get(&bucket, "key", &value));
  assert(!value.ptr);
  wcl_bucket_close(&bucket);
  wcl_cloud_close(&cloud);
}

static void faults(void) {
  wcl_cloud cloud;
  wcl_bucket bucket;
  size_t left;
  OK(wcl_cloud_new(&(wcl_cloud_options){.call_timeout_ms = 1}, &cloud));
  OK(wcl_bucket_open("default", &bucket));
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:default", .op = "set", .skip = 1}));
  OK(wcl_bucket_set(&bucket, "key", "v", 1));
  FAILS(WCL_OTHER, wcl_bucket_set(&bucket, "key", "v", 1));
  OK(wcl_bucket_set(&bucket, "key", "v", 1));
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:*", .moment = WCL_FAULT_HANG}));
  FAILS(WCL_TIMEOUT, wcl_bucket_put(&bucket, "key", "v", 1, NULL, NULL));
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:*", .moment = WCL_FAULT_DELAY, .delay_ms = 60000}));
  FAILS(WCL_TIMEOUT, wcl_bucket_put(&bucket, "key", "v", 1, NULL, NULL));
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "messaging:*"}));
  OK(wcl_cloud_heal(&cloud, &left));
  assert(left == 1);
  OK(wcl_cloud_heal(&cloud, NULL));
  FAILS(WCL_INVALID, wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "default"}));
  FAILS(WCL_INVALID, wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = NULL}));
  FAILS(WCL_INVALID, wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:*", .moment = (wcl_cloud_moment)9}));
  FAILS(WCL_INVALID, wcl_cloud_inject(&cloud, NULL));
  wcl_bucket_close(&bucket);
  wcl_cloud_close(&cloud);
}

int main(void) {
  youngest_is_current();
  threads();
  different_from_the_start();
  different_later();
  faults();
  assert(wcl_cloud_open_handles() == 0);
  return 0;
}
