// One operation in, one observation out: `wasi:keyvalue` (store, atomics, batch) through the SDK.

#include "keyvalue_driver.h"

#define LINE keyvalue
#define LINE_UPPER KEYVALUE
#define STATE
#include "line.h"

#include <wasi_cloud/keyvalue.h>

static _Thread_local slots buckets, snapshots;

static wcl_status at(uint32_t number, wcl_bucket *bucket) { return slots_get(&buckets, number, &bucket->handle); }

static void put_snapshot(uint32_t number, wcl_cas snapshot) {
  wcl_cas old = {slots_put(&snapshots, number, snapshot.handle)};
  wcl_cas_close(&old);
}

static wcl_status show_value(Seen *seen, wcl_bytes *value) {
  seen->val.value.is_some = value->ptr != NULL;
  SHOW(seen->val.value.val, *value);
  wcl_bytes_free(value);
  return done(seen, SEEN(VALUE));
}

static wcl_status show_page(Seen *seen, wcl_page *page) {
  NAME(page_t) *to = &seen->val.page;
  to->keys.ptr = allocated(page->keys.len, sizeof *to->keys.ptr);
  to->keys.len = page->keys.len;
  for (size_t i = 0; i < page->keys.len; i++) SHOW(to->keys.ptr[i], page->keys.ptr[i]);
  to->cursor.is_some = page->cursor.ptr != NULL;
  SHOW(to->cursor.val, page->cursor);
  wcl_page_free(page);
  return done(seen, SEEN(PAGE));
}

static wcl_status show_founds(Seen *seen, wcl_found_list *founds) {
  seen->val.values.ptr = allocated(founds->len, sizeof *seen->val.values.ptr);
  seen->val.values.len = founds->len;
  for (size_t i = 0; i < founds->len; i++) {
    seen->val.values.ptr[i].is_some = founds->ptr[i].key.ptr != NULL;
    SHOW(seen->val.values.ptr[i].val.f0, founds->ptr[i].key);
    SHOW(seen->val.values.ptr[i].val.f1, founds->ptr[i].value);
  }
  wcl_found_list_free(founds);
  return done(seen, SEEN(VALUES));
}

static wcl_view *views(const keyvalue_driver_list_string_t *texts) {
  wcl_view *views = allocated(texts->len, sizeof *views);
  for (size_t i = 0; i < texts->len; i++) views[i] = wcl_view_of(BYTES(texts->ptr[i]));
  return views;
}

static wcl_pair *pairs(const keyvalue_driver_list_tuple2_string_list_u8_t *given) {
  wcl_pair *pairs = allocated(given->len, sizeof *pairs);
  for (size_t i = 0; i < given->len; i++) {
    pairs[i].key = wcl_view_of(BYTES(given->ptr[i].f0));
    pairs[i].value = wcl_view_of(BYTES(given->ptr[i].f1));
  }
  return pairs;
}

static wcl_status all_keys(const wcl_bucket *bucket, Seen *seen) {
  keyvalue_driver_list_string_t all = {0};
  wcl_keys keys = wcl_bucket_keys(bucket);
  wcl_view key;
  const char *text;
  wcl_status status;
  while ((status = wcl_keys_next(&keys, &text, &key.len)) == WCL_OK && text) {
    key.ptr = text;
    all.ptr = (keyvalue_driver_string_t *)realloc(all.ptr, (all.len + 1) * sizeof *all.ptr);
    if (!all.ptr) abort();
    SHOW(all.ptr[all.len], key);
    all.len++;
  }
  wcl_keys_free(&keys);
  if (status) keyvalue_driver_list_string_free(&all);
  TRY(status);
  seen->val.keys = all;
  return done(seen, SEEN(KEYS));
}

static wcl_status append(void *context, const wcl_bytes *current, wcl_bytes *next) {
  const keyvalue_driver_list_u8_t *more = context;
  next->len = current->len + more->len;
  // One byte more: what is empty is not missing.
  next->ptr = allocated(next->len + 1, 1);
  if (current->len > 0) memcpy(next->ptr, current->ptr, current->len);
  if (more->len > 0) memcpy(next->ptr + current->len, more->ptr, more->len);
  return WCL_OK;
}

static wcl_status step(const Op *op, Seen *seen) {
  wcl_bucket bucket;
  wcl_cas snapshot;
  wcl_bytes value;
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
    case OP(GET):
      TRY(at(op->val.get.f0, &bucket));
      TRY(wcl_bucket_get_n(&bucket, TEXT(op->val.get.f1), &value));
      return show_value(seen, &value);
    case OP(SET):
      TRY(at(op->val.set.f0, &bucket));
      TRY(wcl_bucket_set_n(&bucket, TEXT(op->val.set.f1), BYTES(op->val.set.f2)));
      return done(seen, SEEN(DONE));
    case OP(DELETE):
      TRY(at(op->val.delete_.f0, &bucket));
      TRY(wcl_bucket_delete_n(&bucket, TEXT(op->val.delete_.f1)));
      return done(seen, SEEN(DONE));
    case OP(EXISTS):
      TRY(at(op->val.exists.f0, &bucket));
      TRY(wcl_bucket_exists_n(&bucket, TEXT(op->val.exists.f1), &seen->val.flag));
      return done(seen, SEEN(FLAG));
    case OP(LIST_KEYS): {
      const keyvalue_driver_option_string_t *cursor = &op->val.list_keys.f1;
      wcl_page page;
      TRY(at(op->val.list_keys.f0, &bucket));
      TRY(cursor->is_some ? wcl_bucket_list_page_n(&bucket, TEXT(cursor->val), &page)
                          : wcl_bucket_list_page_n(&bucket, NULL, 0, &page));
      return show_page(seen, &page);
    }
    case OP(INCREMENT):
      TRY(at(op->val.increment.f0, &bucket));
      TRY(wcl_bucket_increment_n(&bucket, TEXT(op->val.increment.f1), op->val.increment.f2, &seen->val.number));
      return done(seen, SEEN(NUMBER));
    case OP(CAS_NEW):
      TRY(at(op->val.cas_new.f1, &bucket));
      TRY(wcl_cas_new_n(&bucket, TEXT(op->val.cas_new.f2), &snapshot));
      put_snapshot(op->val.cas_new.f0, snapshot);
      return done(seen, SEEN(DONE));
    case OP(CAS_CURRENT):
      TRY(slots_get(&snapshots, op->val.cas_current, &snapshot.handle));
      TRY(wcl_cas_current(&snapshot, &value));
      return show_value(seen, &value);
    case OP(CAS_SWAP): {
      TRY(slots_take(&snapshots, op->val.cas_swap.f0, &snapshot.handle));
      wcl_status status = wcl_cas_swap(&snapshot, BYTES(op->val.cas_swap.f1));
      if (status == WCL_CONFLICT) {
        put_snapshot(op->val.cas_swap.f0, snapshot);
        return done(seen, SEEN(LOST));
      }
      TRY(status);
      return done(seen, SEEN(DONE));
    }
    case OP(CAS_DROP):
      TRY(slots_take(&snapshots, op->val.cas_drop, &snapshot.handle));
      wcl_cas_close(&snapshot);
      return done(seen, SEEN(DONE));
    case OP(GET_MANY): {
      TRY(at(op->val.get_many.f0, &bucket));
      wcl_view *keys = views(&op->val.get_many.f1);
      wcl_found_list founds;
      wcl_status status = wcl_bucket_get_many(&bucket, keys, op->val.get_many.f1.len, &founds);
      free(keys);
      TRY(status);
      return show_founds(seen, &founds);
    }
    case OP(SET_MANY): {
      TRY(at(op->val.set_many.f0, &bucket));
      wcl_pair *all = pairs(&op->val.set_many.f1);
      wcl_status status = wcl_bucket_set_many(&bucket, all, op->val.set_many.f1.len);
      free(all);
      TRY(status);
      return done(seen, SEEN(DONE));
    }
    case OP(DELETE_MANY): {
      TRY(at(op->val.delete_many.f0, &bucket));
      wcl_view *keys = views(&op->val.delete_many.f1);
      wcl_status status = wcl_bucket_delete_many(&bucket, keys, op->val.delete_many.f1.len);
      free(keys);
      TRY(status);
      return done(seen, SEEN(DONE));
    }
    case OP(ALL_KEYS):
      TRY(at(op->val.all_keys, &bucket));
      return all_keys(&bucket, seen);
    case OP(APPEND): {
      keyvalue_driver_list_u8_t more = op->val.append.f2;
      TRY(at(op->val.append.f0, &bucket));
      TRY(wcl_bucket_update_n(&bucket, TEXT(op->val.append.f1), append, &more));
      return done(seen, SEEN(DONE));
    }
  }
  abort();
}

void NAME(drop)(void) {
  wcl_cas snapshot;
  while ((snapshot.handle = slots_pop(&snapshots)) != 0) wcl_cas_close(&snapshot);
  wcl_bucket bucket;
  while ((bucket.handle = slots_pop(&buckets)) != 0) wcl_bucket_close(&bucket);
}
