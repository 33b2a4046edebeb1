// One operation in, one observation out: `wasi-cloud:keyvalue/extension` through the SDK, beside the plain operations that it
// must agree with.

#include "keyvalue_ext_driver.h"

#define LINE keyvalue_ext
#define LINE_UPPER KEYVALUE_EXT
#define STATE
#include "line.h"

#include <wasi_cloud/keyvalue_ext.h>

static _Thread_local slots buckets;

static wcl_status at(uint32_t number, wcl_bucket *bucket) { return slots_get(&buckets, number, &bucket->handle); }

static wcl_condition condition(const NAME(condition_t) *given) {
  wcl_condition condition = {0};
  switch ((enum NAME(condition))given->tag) {
    case NUMBER(CONDITION_ALWAYS):
      break;
    case NUMBER(CONDITION_ABSENT):
      condition.when = WCL_WHEN_ABSENT;
      break;
    case NUMBER(CONDITION_VERSION):
      condition.when = WCL_WHEN_VERSION;
      condition.version = wcl_view_of(BYTES(given->val.version));
      break;
  }
  return condition;
}

static wcl_status put(const wcl_bucket *bucket, const NAME(put_t) *given, Seen *seen) {
  wcl_put_options options = {
      .condition = condition(&given->condition),
      .has_ttl = given->ttl_ms.is_some,
      .ttl_ms = given->ttl_ms.val,
  };
  wcl_str version;
  TRY(wcl_bucket_put_n(bucket, TEXT(given->key), BYTES(given->value), &options, &version));
  SHOW(seen->val.version, version);
  wcl_str_free(&version);
  return done(seen, SEEN(VERSION));
}

static wcl_status show_entry(Seen *seen, wcl_entry *entry) {
  seen->val.entry.is_some = entry->value.ptr != NULL;
  SHOW(seen->val.entry.val.value, entry->value);
  SHOW(seen->val.entry.val.version, entry->version);
  wcl_entry_free(entry);
  return done(seen, SEEN(ENTRY));
}

static wcl_status list(const wcl_bucket *bucket, const NAME(listing_t) *given, Seen *seen) {
  wcl_view cursor = {0};
  if (given->cursor.is_some) cursor = wcl_view_of(BYTES(given->cursor.val));
  wcl_page page;
  TRY(wcl_bucket_list_page_prefix_n(bucket, TEXT(given->prefix), TEXT(cursor), given->limit, &page));
  NAME(page_t) *to = &seen->val.page;
  to->keys.ptr = allocated(page.keys.len, sizeof *to->keys.ptr);
  to->keys.len = page.keys.len;
  for (size_t i = 0; i < page.keys.len; i++) SHOW(to->keys.ptr[i], page.keys.ptr[i]);
  to->cursor.is_some = page.cursor.ptr != NULL;
  SHOW(to->cursor.val, page.cursor);
  wcl_page_free(&page);
  return done(seen, SEEN(PAGE));
}

static wcl_status step(const Op *op, Seen *seen) {
  wcl_bucket bucket;
  switch ((OpTag)op->tag) {
    case OP(OPEN): {
      TRY(wcl_bucket_open_n(TEXT(op->val.open.f1), &bucket));
      wcl_bucket old = {slots_put(&buckets, op->val.open.f0, bucket.handle)};
      wcl_bucket_close(&old);
      return done(seen, SEEN(DONE));
    }
    case OP(CLOSE):
      TRY(slots_take(&buckets, op->val.close, &bucket.handle));
      wcl_bucket_close(&bucket);
      return done(seen, SEEN(DONE));
    case OP(GET): {
      wcl_entry entry;
      TRY(at(op->val.get.f0, &bucket));
      TRY(wcl_bucket_get_entry_n(&bucket, TEXT(op->val.get.f1), &entry));
      return show_entry(seen, &entry);
    }
    case OP(PUT):
      TRY(at(op->val.put.f0, &bucket));
      return put(&bucket, &op->val.put.f1, seen);
    case OP(DELETE): {
      wcl_condition when = condition(&op->val.delete_.f2);
      TRY(at(op->val.delete_.f0, &bucket));
      TRY(wcl_bucket_delete_if_n(&bucket, TEXT(op->val.delete_.f1), &when, &seen->val.flag));
      return done(seen, SEEN(FLAG));
    }
    case OP(LIST_KEYS):
      TRY(at(op->val.list_keys.f0, &bucket));
      return list(&bucket, &op->val.list_keys.f1, seen);
    case OP(PLAIN_GET): {
      wcl_bytes value;
      TRY(at(op->val.plain_get.f0, &bucket));
      TRY(wcl_bucket_get_n(&bucket, TEXT(op->val.plain_get.f1), &value));
      seen->val.value.is_some = value.ptr != NULL;
      SHOW(seen->val.value.val, value);
      wcl_bytes_free(&value);
      return done(seen, SEEN(VALUE));
    }
    case OP(PLAIN_SET):
      TRY(at(op->val.plain_set.f0, &bucket));
      TRY(wcl_bucket_set_n(&bucket, TEXT(op->val.plain_set.f1), BYTES(op->val.plain_set.f2)));
      return done(seen, SEEN(DONE));
    case OP(PLAIN_DELETE):
      TRY(at(op->val.plain_delete.f0, &bucket));
      TRY(wcl_bucket_delete_n(&bucket, TEXT(op->val.plain_delete.f1)));
      return done(seen, SEEN(DONE));
    case OP(PLAIN_EXISTS):
      TRY(at(op->val.plain_exists.f0, &bucket));
      TRY(wcl_bucket_exists_n(&bucket, TEXT(op->val.plain_exists.f1), &seen->val.flag));
      return done(seen, SEEN(FLAG));
    case OP(PLAIN_INCREMENT):
      TRY(at(op->val.plain_increment.f0, &bucket));
      TRY(wcl_bucket_increment_n(&bucket, TEXT(op->val.plain_increment.f1), op->val.plain_increment.f2,
                                 &seen->val.number));
      return done(seen, SEEN(NUMBER));
  }
  abort();
}

void NAME(drop)(void) {
  wcl_bucket bucket;
  while ((bucket.handle = slots_pop(&buckets)) != 0) wcl_bucket_close(&bucket);
}
