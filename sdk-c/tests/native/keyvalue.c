// Key-value: what comes out is the caller's and is freed once, missing differs from empty, and what is closed is refused.

#include "check.h"

static wcl_bucket opened(const char *label) {
  wcl_bucket bucket;
  OK(wcl_bucket_open(label, &bucket));
  return bucket;
}

static void values(void) {
  wcl_bucket bucket = opened("default");
  wcl_bytes value;
  OK(wcl_bucket_get(&bucket, "key", &value));
  assert(!value.ptr && value.len == 0);

  OK(wcl_bucket_set(&bucket, "key", NULL, 0));
  OK(wcl_bucket_get(&bucket, "key", &value));
  assert(value.ptr && value.len == 0);
  wcl_bytes_free(&value);
  assert(!value.ptr);
  wcl_bytes_free(&value);
  wcl_bytes_free(NULL);

  OK(wcl_bucket_set(&bucket, "key", "a\0b", 3));
  OK(wcl_bucket_get(&bucket, "key", &value));
  assert(value.len == 3 && memcmp(value.ptr, "a\0b", 3) == 0);
  wcl_bytes_free(&value);

  // A key may hold what ends other texts.
  OK(wcl_bucket_set_n(&bucket, "k\0y", 3, "inner", 5));
  bool found;
  OK(wcl_bucket_exists_n(&bucket, "k\0y", 3, &found));
  assert(found);
  OK(wcl_bucket_exists(&bucket, "k", &found));
  assert(!found);
  OK(wcl_bucket_delete_n(&bucket, "k\0y", 3));
  OK(wcl_bucket_delete(&bucket, "key"));
  OK(wcl_bucket_delete(&bucket, "key"));

  int64_t sum;
  OK(wcl_bucket_increment(&bucket, "n", INT64_MIN, &sum));
  assert(sum == INT64_MIN);
  OK(wcl_bucket_increment(&bucket, "n", 5, NULL));
  FAILS(WCL_OTHER, wcl_bucket_increment(&bucket, "n", INT64_MIN, &sum));
  assert(sum == 0);
  wcl_bucket_close(&bucket);
}

static void listings(void) {
  wcl_bucket bucket = opened("lists");
  wcl_page page;
  OK(wcl_bucket_list_page(&bucket, NULL, &page));
  assert(page.keys.len == 0 && !page.cursor.ptr);
  wcl_page_free(&page);
  wcl_page_free(&page);
  wcl_page_free(NULL);

  enum { MANY = 2500 };
  char name[16];
  for (int i = 0; i < MANY; i++) {
    snprintf(name, sizeof name, "key-%d", i);
    OK(wcl_bucket_set(&bucket, name, "x", 1));
  }
  wcl_keys keys = wcl_bucket_keys(&bucket);
  const char *key;
  size_t len;
  int count = 0;
  while (check_ok(wcl_keys_next(&keys, &key, &len)) && key) {
    assert(strlen(key) == len);
    count++;
  }
  assert(count == MANY);
  OK(wcl_keys_next(&keys, &key, NULL));
  assert(!key);
  wcl_keys_free(&keys);
  wcl_keys_free(&keys);
  wcl_keys_free(NULL);

  // One that is left early, and a page with a cursor.
  keys = wcl_bucket_keys(&bucket);
  OK(wcl_keys_next(&keys, &key, NULL));
  wcl_keys_free(&keys);
  OK(wcl_bucket_list_page_prefix(&bucket, "key-1", NULL, 3, &page));
  assert(page.keys.len == 3 && page.cursor.ptr && strlen(page.keys.ptr[2].ptr) == page.keys.ptr[2].len);
  wcl_page next;
  OK(wcl_bucket_list_page_prefix_n(&bucket, "key-1", 5, page.cursor.ptr, page.cursor.len, 3, &next));
  assert(next.keys.len == 3);
  wcl_page_free(&next);
  wcl_page_free(&page);
  FAILS(WCL_INVALID, wcl_bucket_list_page_prefix(&bucket, "", NULL, 0, &page));
  assert(!page.keys.ptr && page.keys.len == 0);

  FAILS(WCL_OTHER, wcl_bucket_list_page(&bucket, "no cursor of this host", &page));
  wcl_bucket_close(&bucket);
}

static void batches(void) {
  wcl_bucket bucket = opened("batches");
  wcl_pair pairs[] = {{wcl_view_text("a"), wcl_view_of("1", 1)}, {wcl_view_text("empty"), wcl_view_of(NULL, 0)}};
  OK(wcl_bucket_set_many(&bucket, pairs, 2));
  wcl_view keys[] = {wcl_view_text("absent"), wcl_view_text("empty"), wcl_view_text("a")};
  wcl_found_list founds;
  OK(wcl_bucket_get_many(&bucket, keys, 3, &founds));
  assert(founds.len == 3);
  assert(!founds.ptr[0].key.ptr && !founds.ptr[0].value.ptr);
  assert(strcmp(founds.ptr[1].key.ptr, "empty") == 0 && founds.ptr[1].value.ptr && founds.ptr[1].value.len == 0);
  assert(founds.ptr[2].value.len == 1 && founds.ptr[2].value.ptr[0] == '1');
  wcl_found_list_free(&founds);
  wcl_found_list_free(&founds);
  wcl_found_list_free(NULL);
  OK(wcl_bucket_get_many(&bucket, NULL, 0, &founds));
  assert(founds.len == 0);
  wcl_found_list_free(&founds);
  OK(wcl_bucket_delete_many(&bucket, keys, 3));
  OK(wcl_bucket_set_many(&bucket, NULL, 0));
  wcl_bucket_close(&bucket);
}

static void swaps(void) {
  wcl_bucket bucket = opened("swaps");
  wcl_cas cas;
  wcl_bytes now;
  OK(wcl_cas_new(&bucket, "key", &cas));
  OK(wcl_cas_current(&cas, &now));
  assert(!now.ptr);
  OK(wcl_bucket_set(&bucket, "key", "theirs", 6));
  FAILS(WCL_CONFLICT, wcl_cas_swap(&cas, "ours", 4));
  assert(cas.handle != 0 && !wcl_maybe_applied());
  OK(wcl_cas_current(&cas, &now));
  assert(now.len == 6);
  wcl_bytes_free(&now);
  OK(wcl_cas_swap(&cas, "ours", 4));
  assert(cas.handle == 0);
  FAILS(WCL_INVALID, wcl_cas_swap(&cas, "ours", 4));
  FAILS(WCL_INVALID, wcl_cas_current(&cas, &now));
  wcl_cas_close(&cas);
  wcl_cas_close(NULL);
  OK(wcl_cas_new(&bucket, "key", &cas));
  wcl_cas_close(&cas);
  assert(cas.handle == 0);
  wcl_bucket_close(&bucket);
}

static void closed(void) {
  wcl_bucket bucket = {0};
  wcl_bytes value;
  bool found;
  wcl_page page;
  wcl_cas cas;
  FAILS(WCL_INVALID, wcl_bucket_get(&bucket, "key", &value));
  FAILS(WCL_INVALID, wcl_bucket_get(NULL, "key", &value));
  FAILS(WCL_INVALID, wcl_bucket_set(&bucket, "key", "v", 1));
  FAILS(WCL_INVALID, wcl_bucket_delete(&bucket, "key"));
  FAILS(WCL_INVALID, wcl_bucket_exists(&bucket, "key", &found));
  FAILS(WCL_INVALID, wcl_bucket_list_page(&bucket, NULL, &page));
  FAILS(WCL_INVALID, wcl_bucket_increment(&bucket, "key", 1, NULL));
  FAILS(WCL_INVALID, wcl_bucket_set_many(&bucket, NULL, 0));
  FAILS(WCL_INVALID, wcl_cas_new(&bucket, "key", &cas));
  wcl_bucket_close(&bucket);
  wcl_bucket_close(NULL);
  assert(!wcl_maybe_applied());
}

// The host traps on text that is not UTF-8, so it must not be asked: the fault is still to come.
static void not_utf8(void) {
  // Not the start of a character, longer than needed, a surrogate, past the last character, cut short, without its rest.
  static const char *const bad[] = {
      "\xff",         "a\x80",        "\xf5\x80\x80\x80", "\xc0\xaf",        "\xc1\x80", "\xe0\x9f\x80", "\xf0\x8f\x80\x80",
      "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf0\x9f\x98", "\xe2\x82", "\xe2\x82 ",    "\xc3 ",
  };
  // The first and the last of each length, and both neighbours of the surrogates.
  static const char *const good[] = {
      "\x7f",         "\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",      "\xed\x9f\xbf",
      "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xe2\x82\xac \xf0\x9f\x98\x80",
  };
  wcl_cloud cloud;
  OK(wcl_cloud_new(NULL, &cloud));
  wcl_bucket bucket = opened("default"), other;
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:*"}));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    wcl_bytes value;
    wcl_page page;
    wcl_pair pair = {wcl_view_text(bad[i]), wcl_view_of("v", 1)};
    FAILS(WCL_INVALID, wcl_bucket_open(bad[i], &other));
    FAILS(WCL_INVALID, wcl_bucket_get(&bucket, bad[i], &value));
    FAILS(WCL_INVALID, wcl_bucket_set(&bucket, bad[i], "v", 1));
    FAILS(WCL_INVALID, wcl_bucket_list_page(&bucket, bad[i], &page));
    FAILS(WCL_INVALID, wcl_bucket_set_many(&bucket, &pair, 1));
    FAILS(WCL_INVALID, wcl_bucket_delete_many(&bucket, &pair.key, 1));
  }
  FAILS(WCL_INVALID, wcl_bucket_set(&bucket, NULL, "v", 1));
  size_t left;
  OK(wcl_cloud_heal(&cloud, &left));
  assert(left == 1);
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) OK(wcl_bucket_set(&bucket, good[i], "v", 1));
  wcl_bucket_close(&bucket);
  wcl_cloud_close(&cloud);
}

// Bytes at NULL would be read from address 0 on, so the host is not asked here either. Without a length NULL is empty.
static void null(void) {
  wcl_cloud cloud;
  OK(wcl_cloud_new(NULL, &cloud));
  wcl_bucket bucket = opened("default");
  wcl_cas cas;
  OK(wcl_cas_new(&bucket, "key", &cas));
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:*"}));
  wcl_found_list founds;
  wcl_pair no_value = {wcl_view_text("key"), wcl_view_of(NULL, 1)}, no_key = {wcl_view_of(NULL, 1), wcl_view_text("v")};
  FAILS(WCL_INVALID, wcl_bucket_set(&bucket, "key", NULL, 1));
  FAILS(WCL_INVALID, wcl_bucket_set_n(&bucket, NULL, 1, "v", 1));
  FAILS(WCL_INVALID, wcl_bucket_put(&bucket, "key", NULL, 1, NULL, NULL));
  FAILS(WCL_INVALID, wcl_bucket_set_many(&bucket, &no_value, 1));
  FAILS(WCL_INVALID, wcl_bucket_set_many(&bucket, &no_key, 1));
  FAILS(WCL_INVALID, wcl_bucket_set_many(&bucket, NULL, 1));
  FAILS(WCL_INVALID, wcl_bucket_get_many(&bucket, NULL, 1, &founds));
  FAILS(WCL_INVALID, wcl_bucket_delete_many(&bucket, NULL, 1));
  FAILS(WCL_INVALID, wcl_cas_swap(&cas, NULL, 1));
  assert(cas.handle != 0);
  size_t left;
  OK(wcl_cloud_heal(&cloud, &left));
  assert(left == 1);
  OK(wcl_cas_swap(&cas, NULL, 0));
  wcl_bytes value;
  OK(wcl_bucket_get(&bucket, "key", &value));
  assert(value.ptr && value.len == 0);
  wcl_bytes_free(&value);

  // An empty key and no key are the same question, whatever the backend makes of it.
  bool found;
  wcl_status empty = wcl_bucket_exists(&bucket, "", &found);
  assert(wcl_bucket_exists_n(&bucket, NULL, 0, &found) == empty);
  wcl_page page;
  OK(wcl_bucket_list_page_prefix_n(&bucket, NULL, 0, NULL, 0, 9, &page));
  assert(page.keys.len == 1);
  wcl_page_free(&page);
  wcl_bucket_close(&bucket);
  wcl_cloud_close(&cloud);
}

int main(void) {
  values();
  listings();
  batches();
  swaps();
  closed();
  not_utf8();
  null();
  assert(wcl_cloud_open_handles() == 0);
  return 0;
}
