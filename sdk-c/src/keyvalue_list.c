// Listing: a page at a time, as `wasi:keyvalue/store` has it, and the iteration over all pages.

#include "keyvalue.h"

#include <stdlib.h>

wcl_page wcli_take_page(wcl_gen_list_string_t keys, wcl_gen_option_string_t cursor) {
  wcl_page page = {.keys = {.ptr = wcli_take_strs(keys), .len = keys.len}};
  if (cursor.is_some) page.cursor = wcli_take_str(cursor.val);
  return page;
}

void wcl_page_free(wcl_page *page) {
  if (!page) return;
  for (size_t i = 0; i < page->keys.len; i++) wcl_str_free(&page->keys.ptr[i]);
  free(page->keys.ptr);
  wcl_str_free(&page->cursor);
  *page = (wcl_page){0};
}

wcl_status wcl_bucket_list_page(const wcl_bucket *bucket, const char *cursor, wcl_page *out) {
  return wcl_bucket_list_page_n(bucket, cursor, wcli_len(cursor), out);
}

wcl_status wcl_bucket_list_page_n(const wcl_bucket *bucket, const char *cursor, size_t cursor_len, wcl_page *out) {
  *out = (wcl_page){0};
  wcl_gen_store_borrow_bucket_t self;
  WCLI_TRY(wcli_bucket(bucket, &self));
  wcl_gen_string_t from;
  if (cursor) WCLI_TRY(wcli_text("the cursor", cursor, cursor_len, &from));
  wcl_gen_store_key_response_t page;
  wcl_gen_store_error_t error;
  if (!wcl_gen_store_method_bucket_list_keys(self, cursor ? &from : NULL, &page, &error)) {
    return wcli_store_failed(&error, WCLI_READ);
  }
  *out = wcli_take_page(page.keys, page.cursor);
  return WCL_OK;
}

wcl_keys wcl_bucket_keys(const wcl_bucket *bucket) { return (wcl_keys){.bucket = bucket ? *bucket : (wcl_bucket){0}}; }

static bool same_text(const wcl_str *a, const wcl_str *b) {
  return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static bool same_page(const wcl_page *a, const wcl_page *b) {
  if (a->keys.len != b->keys.len || !same_text(&a->cursor, &b->cursor)) return false;
  for (size_t i = 0; i < a->keys.len; i++) {
    if (!same_text(&a->keys.ptr[i], &b->keys.ptr[i])) return false;
  }
  return true;
}

// Turns to the next page. The old one is kept until then, to notice a host that goes round in circles.
static wcl_status turn(wcl_keys *keys) {
  wcl_page page;
  WCLI_TRY(wcl_bucket_list_page_n(&keys->bucket, keys->page.cursor.ptr, keys->page.cursor.len, &page));
  bool stuck = keys->begun && page.cursor.ptr && same_page(&keys->page, &page);
  wcl_page_free(&keys->page);
  keys->page = page;
  keys->next = 0;
  keys->begun = true;
  return stuck ? wcl_fail(WCL_OTHER, "the host lists the same page again and again") : WCL_OK;
}

wcl_status wcl_keys_next(wcl_keys *keys, const char **key, size_t *len) {
  *key = NULL;
  if (len) *len = 0;
  while (keys->next == keys->page.keys.len) {
    if (keys->begun && !keys->page.cursor.ptr) {
      wcl_page_free(&keys->page);
      keys->next = 0;
      return WCL_OK;
    }
    wcl_status status = turn(keys);
    if (status) {
      wcl_keys_free(keys);
      return status;
    }
  }
  const wcl_str *found = &keys->page.keys.ptr[keys->next++];
  *key = found->ptr;
  if (len) *len = found->len;
  return WCL_OK;
}

void wcl_keys_free(wcl_keys *keys) {
  if (!keys) return;
  wcl_page_free(&keys->page);
  // An ended iteration has no next key.
  keys->next = 0;
  keys->begun = true;
}
