// 100,000 operations leave nothing behind: not in the SDK, not in the twin, and no handle stays open. Run it with
// GLIBC_TUNABLES=glibc.malloc.tcache_count=0, since the allocator counts what it caches for a thread as in use.

#include "check.h"
#include <malloc.h>

enum { OPERATIONS = 100000, PER_ROUND = 25 };

static wcl_status replace(void *text, const wcl_bytes *current, wcl_bytes *next) {
  (void)current;
  return wcl_bytes_copy(text, strlen(text), next);
}

// At least as many operations as `PER_ROUND` says, of every kind that allocates, in a cloud of their own: one keeps what was
// sent.
static void use_all(void) {
  wcl_cloud cloud;
  wcl_bucket opened, *bucket = &opened;
  wcl_client connected, *client = &connected;
  OK(wcl_cloud_new(NULL, &cloud));
  OK(wcl_cloud_reply_with(&cloud, "question", "answer", 6));
  OK(wcl_bucket_open("default", bucket));
  OK(wcl_client_connect("default", client));
  wcl_bytes value;
  wcl_str text;
  OK(wcl_bucket_set(bucket, "key", "value", 5));
  OK(wcl_bucket_get(bucket, "key", &value));
  wcl_bytes_free(&value);
  OK(wcl_bucket_get(bucket, "absent", &value));
  OK(wcl_bucket_increment(bucket, "n", 1, NULL));
  FAILS(WCL_OTHER, wcl_bucket_increment(bucket, "key", 1, NULL));
  bool found;
  OK(wcl_bucket_exists(bucket, "key", &found));

  wcl_page page;
  OK(wcl_bucket_list_page(bucket, NULL, &page));
  wcl_page_free(&page);
  wcl_keys keys = wcl_bucket_keys(bucket);
  const char *key;
  while (check_ok(wcl_keys_next(&keys, &key, NULL)) && key) {}
  wcl_keys_free(&keys);

  wcl_view both[] = {wcl_view_text("key"), wcl_view_text("absent")};
  wcl_pair pair = {both[0], wcl_view_of("value", 5)};
  wcl_found_list founds;
  OK(wcl_bucket_set_many(bucket, &pair, 1));
  OK(wcl_bucket_get_many(bucket, both, 2, &founds));
  wcl_found_list_free(&founds);
  OK(wcl_bucket_delete_many(bucket, &both[1], 1));

  wcl_cas cas;
  OK(wcl_cas_new(bucket, "key", &cas));
  OK(wcl_cas_current(&cas, &value));
  wcl_bytes_free(&value);
  OK(wcl_bucket_set(bucket, "key", "theirs", 6));
  FAILS(WCL_CONFLICT, wcl_cas_swap(&cas, "ours", 4));
  OK(wcl_cas_swap(&cas, "ours", 4));
  OK(wcl_bucket_update(bucket, "key", replace, "new"));

  wcl_entry entry;
  OK(wcl_bucket_get_entry(bucket, "key", &entry));
  wcl_entry_free(&entry);
  OK(wcl_bucket_put(bucket, "key", "value", 5, NULL, &text));
  wcl_str_free(&text);
  FAILS(WCL_CONFLICT, wcl_bucket_put(bucket, "key", "value", 5, &(wcl_put_options){.condition.when = WCL_WHEN_ABSENT}, NULL));

  wcl_message message;
  wcl_str_pairs pairs;
  OK(wcl_message_new("data", 4, &message));
  OK(wcl_message_add_metadata(&message, "name", "value"));
  OK(wcl_message_metadata(&message, &pairs));
  wcl_str_pairs_free(&pairs);
  OK(wcl_message_data(&message, &value));
  wcl_bytes_free(&value);
  wcl_messages replies;
  OK(wcl_client_request(client, "question", &message, &(wcl_request_options){.has_timeout = true, .timeout_ms = 9999},
                        &replies));
  assert(replies.len == 1);
  wcl_messages_free(&replies);
  FAILS(WCL_OTHER, wcl_client_send(client, "no#topic", &message));
  assert(message.handle == 0);
  wcl_client_close(client);
  wcl_bucket_close(bucket);
  wcl_cloud_close(&cloud);
}

static size_t in_use(void) { return mallinfo2().uordblks; }

int main(void) {
  // The threads and the allocator have what they keep for themselves.
  for (int i = 0; i < OPERATIONS / PER_ROUND / 10; i++) use_all();
  size_t before = in_use();
  for (int i = 0; i < OPERATIONS / PER_ROUND; i++) use_all();
  size_t after = in_use();
  fprintf(stderr, "%zu bytes in use before, %zu after\n", before, after);
  // Calls that are being answered in another thread hold a little.
  assert(after < before + OPERATIONS / 10);
  assert(wcl_cloud_open_handles() == 0);
  return 0;
}
