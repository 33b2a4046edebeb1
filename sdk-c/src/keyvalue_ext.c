// One to one with `wasi-cloud:keyvalue/extension`.

#include "keyvalue.h"

static wcl_status status_of(wcl_gen_extension_kind_t kind) {
  switch (kind) {
    case WCL_GEN_EXTENSION_KIND_NOT_FOUND:
      return WCL_NOT_FOUND;
    case WCL_GEN_EXTENSION_KIND_ACCESS_DENIED:
      return WCL_ACCESS_DENIED;
    case WCL_GEN_EXTENSION_KIND_INVALID:
      return WCL_INVALID;
    case WCL_GEN_EXTENSION_KIND_CONFLICT:
      return WCL_CONFLICT;
    case WCL_GEN_EXTENSION_KIND_UNSUPPORTED:
      return WCL_UNSUPPORTED;
    case WCL_GEN_EXTENSION_KIND_QUOTA:
      return WCL_QUOTA;
    case WCL_GEN_EXTENSION_KIND_TIMEOUT:
      return WCL_TIMEOUT;
    case WCL_GEN_EXTENSION_KIND_UNAVAILABLE:
      return WCL_UNAVAILABLE;
    default:
      return WCL_OTHER;
  }
}

static wcl_status failed(wcl_gen_extension_error_t *error) {
  return wcli_fail_with(status_of(error->kind), error->applied == WCL_GEN_EXTENSION_APPLIED_MAYBE, &error->message);
}

void wcl_entry_free(wcl_entry *entry) {
  if (!entry) return;
  wcl_bytes_free(&entry->value);
  wcl_str_free(&entry->version);
}

static wcl_status lower_condition(const wcl_condition *condition, wcl_gen_extension_condition_t *out) {
  switch (condition->when) {
    case WCL_WHEN_ALWAYS:
      out->tag = WCL_GEN_EXTENSION_CONDITION_ALWAYS;
      return WCL_OK;
    case WCL_WHEN_ABSENT:
      out->tag = WCL_GEN_EXTENSION_CONDITION_ABSENT;
      return WCL_OK;
    case WCL_WHEN_VERSION:
      out->tag = WCL_GEN_EXTENSION_CONDITION_VERSION;
      return wcli_text("the version", condition->version.ptr, condition->version.len, &out->val.version);
  }
  return wcl_fail(WCL_INVALID, "there is no such condition");
}

wcl_status wcl_bucket_get_entry(const wcl_bucket *bucket, const char *key, wcl_entry *out) {
  return wcl_bucket_get_entry_n(bucket, key, wcli_len(key), out);
}

wcl_status wcl_bucket_get_entry_n(const wcl_bucket *bucket, const char *key, size_t key_len, wcl_entry *out) {
  *out = (wcl_entry){0};
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_extension_option_entry_t entry;
  wcl_gen_extension_error_t error;
  if (!wcl_gen_extension_get(self, &name, &entry, &error)) return failed(&error);
  if (entry.is_some) {
    *out = (wcl_entry){.value = wcli_take_bytes(entry.val.value), .version = wcli_take_str(entry.val.version)};
  }
  return WCL_OK;
}

wcl_status wcl_bucket_put(const wcl_bucket *bucket, const char *key, const void *value, size_t len,
                          const wcl_put_options *options, wcl_str *version) {
  return wcl_bucket_put_n(bucket, key, wcli_len(key), value, len, options, version);
}

wcl_status wcl_bucket_put_n(const wcl_bucket *bucket, const char *key, size_t key_len, const void *value, size_t len,
                            const wcl_put_options *options, wcl_str *version) {
  static const wcl_put_options plain = {0};
  if (!options) options = &plain;
  if (version) *version = (wcl_str){0};
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_extension_put_options_t how = {.ttl_ms = {.is_some = options->has_ttl, .val = options->ttl_ms}};
  WCLI_TRY(lower_condition(&options->condition, &how.condition));
  wcl_gen_list_u8_t bytes;
  WCLI_TRY(wcli_bytes(value, len, &bytes));
  wcl_gen_extension_version_t made;
  wcl_gen_extension_error_t error;
  if (!wcl_gen_extension_put(self, &name, &bytes, &how, &made, &error)) return failed(&error);
  if (version) {
    *version = wcli_take_str(made);
  } else {
    wcl_gen_string_free(&made);
  }
  return WCL_OK;
}

wcl_status wcl_bucket_delete_if(const wcl_bucket *bucket, const char *key, const wcl_condition *condition,
                                bool *existed) {
  return wcl_bucket_delete_if_n(bucket, key, wcli_len(key), condition, existed);
}

wcl_status wcl_bucket_delete_if_n(const wcl_bucket *bucket, const char *key, size_t key_len,
                                  const wcl_condition *condition, bool *existed) {
  static const wcl_condition always = {0};
  bool ignored;
  if (!existed) existed = &ignored;
  *existed = false;
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t name;
  WCLI_TRY(wcli_bucket_key(bucket, key, key_len, &self, &name));
  wcl_gen_extension_condition_t when;
  WCLI_TRY(lower_condition(condition ? condition : &always, &when));
  wcl_gen_extension_error_t error;
  if (!wcl_gen_extension_delete(self, &name, &when, existed, &error)) return failed(&error);
  return WCL_OK;
}

wcl_status wcl_bucket_list_page_prefix(const wcl_bucket *bucket, const char *prefix, const char *cursor, uint32_t limit,
                                       wcl_page *out) {
  return wcl_bucket_list_page_prefix_n(bucket, prefix, wcli_len(prefix), cursor, wcli_len(cursor), limit, out);
}

wcl_status wcl_bucket_list_page_prefix_n(const wcl_bucket *bucket, const char *prefix, size_t prefix_len,
                                         const char *cursor, size_t cursor_len, uint32_t limit, wcl_page *out) {
  *out = (wcl_page){0};
  wcl_gen_store_borrow_bucket_t self;
  wcl_gen_string_t begin, from;
  WCLI_TRY(wcli_bucket(bucket, &self));
  WCLI_TRY(wcli_text("the prefix", prefix, prefix_len, &begin));
  if (cursor) WCLI_TRY(wcli_text("the cursor", cursor, cursor_len, &from));
  wcl_gen_extension_page_t page;
  wcl_gen_extension_error_t error;
  if (!wcl_gen_extension_list_keys(self, &begin, cursor ? &from : NULL, limit, &page, &error)) return failed(&error);
  *out = wcli_take_page(page.keys, page.cursor);
  return WCL_OK;
}
