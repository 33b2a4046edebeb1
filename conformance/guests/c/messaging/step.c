// One operation in, one observation out: `wasi:messaging` (types, producer, request-reply) through the SDK.

#include "messaging_driver.h"

#define LINE messaging
#define LINE_UPPER MESSAGING
#define STATE
#include "line.h"

#include <wasi_cloud/messaging.h>

static _Thread_local slots clients, messages;

static wcl_status client_at(uint32_t number, wcl_client *client) {
  return slots_get(&clients, number, &client->handle);
}

static wcl_status at(uint32_t number, wcl_message *message) { return slots_get(&messages, number, &message->handle); }

static void put(uint32_t number, wcl_message *message) {
  wcl_message old = {slots_put(&messages, number, message->handle)};
  wcl_message_close(&old);
  message->handle = 0;
}

static wcl_status show_text(Seen *seen, wcl_str *text) {
  seen->val.text.is_some = text->ptr != NULL;
  SHOW(seen->val.text.val, *text);
  wcl_str_free(text);
  return done(seen, SEEN(TEXT));
}

static wcl_status show_pairs(Seen *seen, wcl_str_pairs *pairs) {
  seen->val.pairs.is_some = pairs->ptr != NULL;
  messaging_driver_list_tuple2_string_string_t *to = &seen->val.pairs.val;
  to->ptr = allocated(pairs->len, sizeof *to->ptr);
  to->len = pairs->len;
  for (size_t i = 0; i < pairs->len; i++) {
    SHOW(to->ptr[i].f0, pairs->ptr[i].key);
    SHOW(to->ptr[i].f1, pairs->ptr[i].value);
  }
  wcl_str_pairs_free(pairs);
  return done(seen, SEEN(PAIRS));
}

static wcl_status set_metadata(const wcl_message *message, const messaging_driver_list_tuple2_string_string_t *given) {
  wcl_pair *pairs = allocated(given->len, sizeof *pairs);
  for (size_t i = 0; i < given->len; i++) {
    pairs[i].key = wcl_view_of(BYTES(given->ptr[i].f0));
    pairs[i].value = wcl_view_of(BYTES(given->ptr[i].f1));
  }
  wcl_status status = wcl_message_set_metadata(message, pairs, given->len);
  free(pairs);
  return status;
}

static wcl_status request(const NAME(request_t) *wanted, Seen *seen) {
  wcl_client client;
  wcl_message message;
  TRY(client_at(wanted->client, &client));
  TRY(at(wanted->message, &message));
  wcl_request_options options = {
      .has_timeout = wanted->timeout_ms.is_some,
      .timeout_ms = wanted->timeout_ms.val,
      .has_expected_replies = wanted->expected_replies.is_some,
      .expected_replies = wanted->expected_replies.val,
  };
  wcl_messages replies;
  TRY(wcl_client_request_n(&client, TEXT(wanted->topic), &message, &options, &replies));
  uint32_t count = 0;
  for (; count < replies.len; count++) put(wanted->replies + count, &replies.ptr[count]);
  wcl_messages_free(&replies);
  seen->val.replies = count;
  return done(seen, SEEN(REPLIES));
}

static wcl_status reply(uint32_t to, uint32_t with) {
  wcl_message message, answer;
  TRY(slots_take(&messages, with, &answer.handle));
  wcl_status status = at(to, &message);
  if (!status) status = wcl_message_reply(&message, &answer);
  wcl_message_close(&answer);
  return status;
}

static wcl_status step(const Op *op, Seen *seen) {
  wcl_client client;
  wcl_message message;
  switch ((OpTag)op->tag) {
    case OP(CONNECT): {
      TRY(wcl_client_connect_n(TEXT(op->val.connect.f1), &client));
      wcl_client old = {slots_put(&clients, op->val.connect.f0, client.handle)};
      wcl_client_close(&old);
      return done(seen, SEEN(DONE));
    }
    case OP(DISCONNECT):
      TRY(client_at(op->val.disconnect, &client));
      TRY(wcl_client_disconnect(&client));
      return done(seen, SEEN(DONE));
    case OP(CLOSE):
      TRY(slots_take(&clients, op->val.close, &client.handle));
      wcl_client_close(&client);
      return done(seen, SEEN(DONE));
    case OP(MESSAGE):
      TRY(wcl_message_new(BYTES(op->val.message.f1), &message));
      put(op->val.message.f0, &message);
      return done(seen, SEEN(DONE));
    case OP(TOPIC): {
      wcl_str text;
      TRY(at(op->val.topic, &message));
      TRY(wcl_message_topic(&message, &text));
      return show_text(seen, &text);
    }
    case OP(CONTENT_TYPE): {
      wcl_str text;
      TRY(at(op->val.content_type, &message));
      TRY(wcl_message_content_type(&message, &text));
      return show_text(seen, &text);
    }
    case OP(SET_CONTENT_TYPE):
      TRY(at(op->val.set_content_type.f0, &message));
      TRY(wcl_message_set_content_type_n(&message, TEXT(op->val.set_content_type.f1)));
      return done(seen, SEEN(DONE));
    case OP(DATA): {
      wcl_bytes data;
      TRY(at(op->val.data, &message));
      TRY(wcl_message_data(&message, &data));
      SHOW(seen->val.bytes, data);
      wcl_bytes_free(&data);
      return done(seen, SEEN(BYTES));
    }
    case OP(SET_DATA):
      TRY(at(op->val.set_data.f0, &message));
      TRY(wcl_message_set_data(&message, BYTES(op->val.set_data.f1)));
      return done(seen, SEEN(DONE));
    case OP(METADATA): {
      wcl_str_pairs pairs;
      TRY(at(op->val.metadata, &message));
      TRY(wcl_message_metadata(&message, &pairs));
      return show_pairs(seen, &pairs);
    }
    case OP(ADD_METADATA):
      TRY(at(op->val.add_metadata.f0, &message));
      TRY(wcl_message_add_metadata_n(&message, TEXT(op->val.add_metadata.f1), TEXT(op->val.add_metadata.f2)));
      return done(seen, SEEN(DONE));
    case OP(SET_METADATA):
      TRY(at(op->val.set_metadata.f0, &message));
      TRY(set_metadata(&message, &op->val.set_metadata.f1));
      return done(seen, SEEN(DONE));
    case OP(REMOVE_METADATA):
      TRY(at(op->val.remove_metadata.f0, &message));
      TRY(wcl_message_remove_metadata_n(&message, TEXT(op->val.remove_metadata.f1)));
      return done(seen, SEEN(DONE));
    case OP(DROP):
      TRY(slots_take(&messages, op->val.drop, &message.handle));
      wcl_message_close(&message);
      return done(seen, SEEN(DONE));
    case OP(SEND):
      TRY(client_at(op->val.send.f0, &client));
      TRY(slots_take(&messages, op->val.send.f2, &message.handle));
      TRY(wcl_client_send_n(&client, TEXT(op->val.send.f1), &message));
      return done(seen, SEEN(DONE));
    case OP(REQUEST):
      return request(&op->val.request, seen);
    case OP(REPLY):
      TRY(reply(op->val.reply.f0, op->val.reply.f1));
      return done(seen, SEEN(DONE));
  }
  abort();
}

void NAME(drop)(void) {
  wcl_message message;
  while ((message.handle = slots_pop(&messages)) != 0) wcl_message_close(&message);
  wcl_client client;
  while ((client.handle = slots_pop(&clients)) != 0) wcl_client_close(&client);
}
