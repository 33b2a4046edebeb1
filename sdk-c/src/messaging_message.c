// The functions of a message, one to one with `wasi:messaging/types`, and `reply`.

#include "messaging.h"

wcl_status wcli_message(const wcl_message *message, wcl_gen_messaging_borrow_message_t *self) {
  WCLI_TRY(wcli_open("the message", message ? message->handle : 0));
  self->__handle = message->handle;
  return WCL_OK;
}

wcl_status wcli_take_message(wcl_message *message, wcl_gen_messaging_own_message_t *own) {
  WCLI_TRY(wcli_open("the message", message ? message->handle : 0));
  own->__handle = message->handle;
  message->handle = 0;
  return WCL_OK;
}

wcl_status wcl_message_new(const void *data, size_t len, wcl_message *out) {
  *out = (wcl_message){0};
  wcl_gen_list_u8_t bytes;
  WCLI_TRY(wcli_bytes(data, len, &bytes));
  out->handle = wcl_gen_messaging_constructor_message(&bytes).__handle;
  return WCL_OK;
}

void wcl_message_close(wcl_message *message) {
  if (!message || message->handle == 0) return;
  wcl_gen_messaging_message_drop_own((wcl_gen_messaging_own_message_t){message->handle});
  message->handle = 0;
}

wcl_status wcl_message_topic(const wcl_message *message, wcl_str *out) {
  *out = (wcl_str){0};
  wcl_gen_messaging_borrow_message_t self;
  WCLI_TRY(wcli_message(message, &self));
  wcl_gen_string_t topic;
  if (wcl_gen_messaging_method_message_topic(self, &topic)) *out = wcli_take_str(topic);
  return WCL_OK;
}

wcl_status wcl_message_content_type(const wcl_message *message, wcl_str *out) {
  *out = (wcl_str){0};
  wcl_gen_messaging_borrow_message_t self;
  WCLI_TRY(wcli_message(message, &self));
  wcl_gen_string_t content_type;
  if (wcl_gen_messaging_method_message_content_type(self, &content_type)) *out = wcli_take_str(content_type);
  return WCL_OK;
}

wcl_status wcl_message_set_content_type(const wcl_message *message, const char *content_type) {
  return wcl_message_set_content_type_n(message, content_type, wcli_len(content_type));
}

wcl_status wcl_message_set_content_type_n(const wcl_message *message, const char *content_type,
                                          size_t content_type_len) {
  wcl_gen_messaging_borrow_message_t self;
  wcl_gen_string_t text;
  WCLI_TRY(wcli_message(message, &self));
  WCLI_TRY(wcli_text("the content type", content_type, content_type_len, &text));
  wcl_gen_messaging_method_message_set_content_type(self, &text);
  return WCL_OK;
}

wcl_status wcl_message_data(const wcl_message *message, wcl_bytes *out) {
  *out = (wcl_bytes){0};
  wcl_gen_messaging_borrow_message_t self;
  WCLI_TRY(wcli_message(message, &self));
  wcl_gen_list_u8_t data;
  wcl_gen_messaging_method_message_data(self, &data);
  *out = wcli_take_bytes(data);
  return WCL_OK;
}

wcl_status wcl_message_set_data(const wcl_message *message, const void *data, size_t len) {
  wcl_gen_messaging_borrow_message_t self;
  WCLI_TRY(wcli_message(message, &self));
  wcl_gen_list_u8_t bytes;
  WCLI_TRY(wcli_bytes(data, len, &bytes));
  wcl_gen_messaging_method_message_set_data(self, &bytes);
  return WCL_OK;
}

wcl_status wcl_message_metadata(const wcl_message *message, wcl_str_pairs *out) {
  *out = (wcl_str_pairs){0};
  wcl_gen_messaging_borrow_message_t self;
  WCLI_TRY(wcli_message(message, &self));
  wcl_gen_messaging_metadata_t pairs;
  if (wcl_gen_messaging_method_message_metadata(self, &pairs)) *out = wcli_take_pairs(pairs.ptr, pairs.len);
  return WCL_OK;
}

wcl_status wcl_message_add_metadata(const wcl_message *message, const char *name, const char *value) {
  return wcl_message_add_metadata_n(message, name, wcli_len(name), value, wcli_len(value));
}

wcl_status wcl_message_add_metadata_n(const wcl_message *message, const char *name, size_t name_len, const char *value,
                                      size_t value_len) {
  wcl_gen_messaging_borrow_message_t self;
  wcl_gen_string_t key, text;
  WCLI_TRY(wcli_message(message, &self));
  WCLI_TRY(wcli_text("the name", name, name_len, &key));
  WCLI_TRY(wcli_text("the value", value, value_len, &text));
  wcl_gen_messaging_method_message_add_metadata(self, &key, &text);
  return WCL_OK;
}

// A list of pairs is handed to the host as it is.
_Static_assert(sizeof(wcl_pair) == sizeof(wcl_gen_tuple2_string_string_t), "a pair is a pair to the host");
_Static_assert(offsetof(wcl_pair, value) == offsetof(wcl_gen_tuple2_string_string_t, f1), "a pair is a pair to the host");

wcl_status wcl_message_set_metadata(const wcl_message *message, const wcl_pair *pairs, size_t count) {
  wcl_gen_messaging_borrow_message_t self;
  WCLI_TRY(wcli_message(message, &self));
  WCLI_TRY(wcli_list(pairs, count));
  for (size_t i = 0; i < count; i++) {
    wcl_gen_string_t ignored;
    WCLI_TRY(wcli_text("a name", pairs[i].key.ptr, pairs[i].key.len, &ignored));
    WCLI_TRY(wcli_text("a value", pairs[i].value.ptr, pairs[i].value.len, &ignored));
  }
  wcl_gen_messaging_metadata_t all = {.ptr = (wcl_gen_tuple2_string_string_t *)(uintptr_t)pairs, .len = count};
  wcl_gen_messaging_method_message_set_metadata(self, &all);
  return WCL_OK;
}

wcl_status wcl_message_remove_metadata(const wcl_message *message, const char *name) {
  return wcl_message_remove_metadata_n(message, name, wcli_len(name));
}

wcl_status wcl_message_remove_metadata_n(const wcl_message *message, const char *name, size_t name_len) {
  wcl_gen_messaging_borrow_message_t self;
  wcl_gen_string_t key;
  WCLI_TRY(wcli_message(message, &self));
  WCLI_TRY(wcli_text("the name", name, name_len, &key));
  wcl_gen_messaging_method_message_remove_metadata(self, &key);
  return WCL_OK;
}

static wcl_status reply_own(const wcl_message *message, wcl_message *answer) {
  wcl_gen_messaging_borrow_message_t self;
  wcl_gen_messaging_own_message_t own;
  WCLI_TRY(wcli_message(message, &self));
  WCLI_TRY(wcli_take_message(answer, &own));
  wcl_gen_messaging_error_t error;
  if (!wcl_gen_request_reply_reply(self, own, &error)) return wcli_messaging_failed(&error, WCLI_WRITE);
  return WCL_OK;
}

wcl_status wcl_message_reply(const wcl_message *message, wcl_message *answer) {
  wcl_status status = reply_own(message, answer);
  // One that the host did not get to see is used up as well.
  wcl_message_close(answer);
  return status;
}
