// Connections to brokers: sending, and asking.

#include "messaging.h"

#include <stdlib.h>

wcl_status wcli_messaging_failed(wcl_gen_messaging_error_t *error, wcli_access access) {
  bool maybe = access == WCLI_WRITE;
  switch (error->tag) {
    case WCL_GEN_MESSAGING_ERROR_TIMEOUT: {
      static const char text[] = "no answer in time";
      return wcli_fail(WCL_TIMEOUT, maybe, text, sizeof text - 1);
    }
    case WCL_GEN_MESSAGING_ERROR_CONNECTION:
      return wcli_fail_with(WCL_UNAVAILABLE, maybe, &error->val.connection);
    case WCL_GEN_MESSAGING_ERROR_PERMISSION_DENIED:
      return wcli_fail_with(WCL_ACCESS_DENIED, false, &error->val.permission_denied);
    default:
      return wcli_fail_with(WCL_OTHER, maybe, &error->val.other);
  }
}

static wcl_status lower(const wcl_client *client, wcl_gen_messaging_borrow_client_t *self) {
  WCLI_TRY(wcli_open("the client", client ? client->handle : 0));
  self->__handle = client->handle;
  return WCL_OK;
}

wcl_status wcl_client_connect(const char *label, wcl_client *out) {
  return wcl_client_connect_n(label, wcli_len(label), out);
}

wcl_status wcl_client_connect_n(const char *label, size_t label_len, wcl_client *out) {
  *out = (wcl_client){0};
  wcl_gen_string_t name;
  WCLI_TRY(wcli_text("the label", label, label_len, &name));
  wcl_gen_messaging_own_client_t client;
  wcl_gen_messaging_error_t error;
  if (!wcl_gen_messaging_static_client_connect(&name, &client, &error)) return wcli_messaging_failed(&error, WCLI_READ);
  out->handle = client.__handle;
  return WCL_OK;
}

wcl_status wcl_client_disconnect(const wcl_client *client) {
  wcl_gen_messaging_borrow_client_t self;
  WCLI_TRY(lower(client, &self));
  wcl_gen_messaging_error_t error;
  if (!wcl_gen_messaging_method_client_disconnect(self, &error)) return wcli_messaging_failed(&error, WCLI_READ);
  return WCL_OK;
}

void wcl_client_close(wcl_client *client) {
  if (!client || client->handle == 0) return;
  wcl_gen_messaging_client_drop_own((wcl_gen_messaging_own_client_t){client->handle});
  client->handle = 0;
}

wcl_status wcl_client_send(const wcl_client *client, const char *topic, wcl_message *message) {
  return wcl_client_send_n(client, topic, wcli_len(topic), message);
}

static wcl_status send_own(const wcl_client *client, const char *topic, size_t topic_len, wcl_message *message) {
  wcl_gen_messaging_borrow_client_t self;
  wcl_gen_string_t name;
  wcl_gen_messaging_own_message_t own;
  WCLI_TRY(lower(client, &self));
  WCLI_TRY(wcli_text("the topic", topic, topic_len, &name));
  WCLI_TRY(wcli_take_message(message, &own));
  wcl_gen_messaging_error_t error;
  if (!wcl_gen_producer_send(self, &name, own, &error)) return wcli_messaging_failed(&error, WCLI_WRITE);
  return WCL_OK;
}

wcl_status wcl_client_send_n(const wcl_client *client, const char *topic, size_t topic_len, wcl_message *message) {
  wcl_status status = send_own(client, topic, topic_len, message);
  // One that the host did not get to see is used up as well.
  wcl_message_close(message);
  return status;
}

wcl_status wcl_publish(const char *topic, const void *data, size_t len) {
  return wcl_publish_n(topic, wcli_len(topic), data, len);
}

wcl_status wcl_publish_n(const char *topic, size_t topic_len, const void *data, size_t len) {
  wcl_client client;
  wcl_message message;
  WCLI_TRY(wcl_client_connect("default", &client));
  wcl_status status = wcl_message_new(data, len, &message);
  if (!status) status = wcl_client_send_n(&client, topic, topic_len, &message);
  wcl_client_close(&client);
  return status;
}

void wcl_messages_free(wcl_messages *messages) {
  if (!messages) return;
  for (size_t i = 0; i < messages->len; i++) wcl_message_close(&messages->ptr[i]);
  free(messages->ptr);
  *messages = (wcl_messages){0};
}

wcl_status wcl_client_request(const wcl_client *client, const char *topic, const wcl_message *message,
                              const wcl_request_options *options, wcl_messages *out) {
  return wcl_client_request_n(client, topic, wcli_len(topic), message, options, out);
}

_Static_assert(sizeof(wcl_message) == sizeof(wcl_gen_messaging_own_message_t), "a message takes the place of another");

wcl_status wcl_client_request_n(const wcl_client *client, const char *topic, size_t topic_len,
                                const wcl_message *message, const wcl_request_options *options, wcl_messages *out) {
  static const wcl_request_options plain = {0};
  if (!options) options = &plain;
  *out = (wcl_messages){0};
  wcl_gen_messaging_borrow_client_t self;
  wcl_gen_string_t name;
  wcl_gen_messaging_borrow_message_t question;
  WCLI_TRY(lower(client, &self));
  WCLI_TRY(wcli_text("the topic", topic, topic_len, &name));
  WCLI_TRY(wcli_message(message, &question));

  wcl_gen_request_reply_own_request_options_t how = {0};
  if (options->has_timeout || options->has_expected_replies) {
    how = wcl_gen_request_reply_constructor_request_options();
    wcl_gen_request_reply_borrow_request_options_t set = wcl_gen_request_reply_borrow_request_options(how);
    if (options->has_timeout) {
      wcl_gen_request_reply_method_request_options_set_timeout_ms(set, options->timeout_ms);
    }
    if (options->has_expected_replies) {
      wcl_gen_request_reply_method_request_options_set_expected_replies(set, options->expected_replies);
    }
  }
  wcl_gen_request_reply_list_own_message_t replies;
  wcl_gen_messaging_error_t error;
  if (!wcl_gen_request_reply_request(self, &name, question, how.__handle ? &how : NULL, &replies, &error)) {
    return wcli_messaging_failed(&error, WCLI_WRITE);
  }
  // An empty list is no memory of ours.
  if (replies.len > 0) *out = (wcl_messages){.ptr = (wcl_message *)(void *)replies.ptr, .len = replies.len};
  return WCL_OK;
}
