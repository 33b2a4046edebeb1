#include "internal.h"

static wcl_status failed(wcl_gen_config_error_t *error) {
  bool upstream = error->tag == WCL_GEN_CONFIG_ERROR_UPSTREAM;
  wcl_gen_string_t *text = upstream ? &error->val.upstream : &error->val.io;
  return wcli_fail_with(upstream ? WCL_OTHER : WCL_UNAVAILABLE, false, text);
}

wcl_status wcl_config_get(const char *key, wcl_str *out) { return wcl_config_get_n(key, wcli_len(key), out); }

wcl_status wcl_config_get_n(const char *key, size_t key_len, wcl_str *out) {
  *out = (wcl_str){0};
  wcl_gen_string_t name;
  WCLI_TRY(wcli_text("the key", key, key_len, &name));
  wcl_gen_option_string_t value;
  wcl_gen_config_error_t error;
  if (!wcl_gen_config_get(&name, &value, &error)) return failed(&error);
  if (value.is_some) *out = wcli_take_str(value.val);
  return WCL_OK;
}

wcl_status wcl_config_get_all(wcl_str_pairs *out) {
  *out = (wcl_str_pairs){0};
  wcl_gen_list_tuple2_string_string_t pairs;
  wcl_gen_config_error_t error;
  if (!wcl_gen_config_get_all(&pairs, &error)) return failed(&error);
  *out = wcli_take_pairs(pairs.ptr, pairs.len);
  return WCL_OK;
}
