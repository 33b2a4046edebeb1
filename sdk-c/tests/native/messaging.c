// Messages: what sends and replies use up, and handlers of several source files.

#include "check.h"

WCL_ON_MESSAGE("ping", message) {
  (void)message;
  return wcl_publish("pong", "pong", 4);
}

// Two in one file.
WCL_ON_MESSAGE("refused", message) {
  (void)message;
  return wcl_fail(WCL_INVALID, "an order needs an amount");
}

WCL_ON_MESSAGE("full", message) {
  (void)message;
  wcl_bucket bucket;
  return wcl_bucket_open("secret", &bucket);
}

WCL_ON_MESSAGE("mute", message) {
  (void)message;
  return WCL_CONFLICT;
}

WCL_ON_MESSAGE("latin", message) {
  (void)message;
  return wcl_fail(WCL_INVALID, "caf\xe9");
}

WCL_ON_MESSAGE("writes", message) {
  (void)message;
  wcl_bucket bucket;
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (!status) status = wcl_bucket_set(&bucket, "key", "v", 1);
  wcl_bucket_close(&bucket);
  return status;
}

// `messaging_more.c` handles it too.
WCL_ON_MESSAGE("twice", message) {
  (void)message;
  return WCL_OK;
}

static void handlers(void) {
  static const char *const deny[] = {"keyvalue:secret", NULL};
  wcl_cloud cloud;
  OK(wcl_cloud_new(&(wcl_cloud_options){.deny = deny}, &cloud));
  OK(wcl_cloud_deliver(&cloud, "ping", NULL, 0));
  FAILS(WCL_INVALID, wcl_cloud_deliver(&cloud, "refused", "x", 1));
  assert(strcmp(wcl_errmsg(), "an order needs an amount") == 0);
  FAILS(WCL_ACCESS_DENIED, wcl_cloud_deliver(&cloud, "full", "x", 1));
  FAILS(WCL_INVALID, wcl_cloud_deliver(&cloud, "latin", "x", 1));
  assert(strcmp(wcl_errmsg(), "caf?") == 0);
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "keyvalue:*", .moment = WCL_FAULT_AFTER, .op = "set"}));
  FAILS(WCL_OTHER, wcl_cloud_deliver(&cloud, "writes", "x", 1));
  assert(wcl_maybe_applied());
  // Nothing of that failure is left in the next.
  assert(wcl_cloud_deliver(&cloud, "mute", "x", 1) == WCL_CONFLICT);
  assert(!wcl_maybe_applied() && *wcl_errmsg() == '\0');
  FAILS(WCL_NOT_FOUND, wcl_cloud_deliver(&cloud, "nobody's", "x", 1));
  FAILS(WCL_INVALID, wcl_cloud_deliver(&cloud, "twice", "x", 1));

  wcl_messages sent;
  OK(wcl_cloud_published(&cloud, &sent));
  assert(sent.len == 1);
  wcl_str topic;
  wcl_bytes data;
  OK(wcl_message_topic(&sent.ptr[0], &topic));
  OK(wcl_message_data(&sent.ptr[0], &data));
  assert(strcmp(topic.ptr, "pong") == 0 && data.len == 4);
  wcl_str_free(&topic);
  wcl_bytes_free(&data);
  wcl_messages_free(&sent);
  wcl_messages_free(&sent);
  wcl_messages_free(NULL);
  wcl_cloud_close(&cloud);
}

// `messaging_more.c` answers "shout" twice.
static void replies(void) {
  wcl_cloud cloud;
  wcl_message question;
  wcl_messages answers;
  wcl_bytes data;
  OK(wcl_cloud_new(NULL, &cloud));
  OK(wcl_message_new("hello", 5, &question));
  OK(wcl_cloud_ask(&cloud, "shout", &question, &answers));
  assert(question.handle == 0 && answers.len == 2);
  OK(wcl_message_data(&answers.ptr[1], &data));
  assert(data.len == 5 && memcmp(data.ptr, "HELLO", 5) == 0);
  wcl_bytes_free(&data);

  // To keep one of them.
  wcl_message kept = answers.ptr[0];
  answers.ptr[0] = (wcl_message){0};
  wcl_messages_free(&answers);
  OK(wcl_message_data(&kept, &data));
  wcl_bytes_free(&data);
  wcl_message_close(&kept);
  wcl_message_close(&kept);

  OK(wcl_message_new("hello", 5, &question));
  FAILS(WCL_INVALID, wcl_cloud_ask(&cloud, "refused", &question, &answers));
  assert(question.handle == 0 && answers.len == 0 && !answers.ptr);
  FAILS(WCL_INVALID, wcl_cloud_ask(&cloud, "shout", &question, &answers));
  wcl_cloud_close(&cloud);
}

static void contents(void) {
  wcl_message message;
  wcl_str text;
  wcl_str_pairs pairs;
  wcl_bytes data;
  OK(wcl_message_new(NULL, 0, &message));
  OK(wcl_message_topic(&message, &text));
  assert(!text.ptr);
  OK(wcl_message_content_type(&message, &text));
  assert(!text.ptr);
  OK(wcl_message_metadata(&message, &pairs));
  assert(!pairs.ptr && pairs.len == 0);
  OK(wcl_message_data(&message, &data));
  assert(data.ptr && data.len == 0);
  wcl_bytes_free(&data);

  OK(wcl_message_set_content_type(&message, ""));
  OK(wcl_message_content_type(&message, &text));
  assert(text.ptr && text.len == 0 && *text.ptr == '\0');
  wcl_str_free(&text);
  wcl_str_free(&text);
  wcl_str_free(NULL);

  wcl_pair both[] = {{wcl_view_text("a"), wcl_view_text("1")}, {wcl_view_text("b"), wcl_view_text("")}};
  OK(wcl_message_set_metadata(&message, both, 2));
  OK(wcl_message_add_metadata(&message, "c", "3"));
  OK(wcl_message_remove_metadata(&message, "a"));
  FAILS(WCL_INVALID, wcl_message_add_metadata(&message, "c", "\xff"));
  OK(wcl_message_metadata(&message, &pairs));
  assert(pairs.len == 2 && strcmp(pairs.ptr[0].key.ptr, "b") == 0 && pairs.ptr[0].value.len == 0);
  wcl_str_pairs_free(&pairs);
  wcl_str_pairs_free(&pairs);
  wcl_str_pairs_free(NULL);
  OK(wcl_message_set_data(&message, "new", 3));
  // Bytes at NULL are refused, and the message keeps what it has.
  wcl_message none;
  wcl_pair no_value = {wcl_view_text("a"), wcl_view_of(NULL, 1)};
  FAILS(WCL_INVALID, wcl_message_new(NULL, 1, &none));
  assert(none.handle == 0);
  FAILS(WCL_INVALID, wcl_message_set_data(&message, NULL, 1));
  FAILS(WCL_INVALID, wcl_message_set_metadata(&message, &no_value, 1));
  FAILS(WCL_INVALID, wcl_message_set_metadata(&message, NULL, 1));
  FAILS(WCL_INVALID, wcl_message_set_content_type_n(&message, NULL, 1));
  OK(wcl_message_set_content_type_n(&message, NULL, 0));
  OK(wcl_message_content_type(&message, &text));
  assert(text.ptr && text.len == 0);
  wcl_str_free(&text);
  OK(wcl_message_data(&message, &data));
  assert(wcl_bytes_are(&data, "new"));
  wcl_bytes_free(&data);
  OK(wcl_message_set_data(&message, NULL, 0));
  wcl_message_close(&message);
  FAILS(WCL_INVALID, wcl_message_data(&message, &data));
  FAILS(WCL_INVALID, wcl_message_topic(NULL, &text));
  FAILS(WCL_INVALID, wcl_message_set_data(&message, "new", 3));
}

static void sends(void) {
  wcl_cloud cloud;
  wcl_client client;
  wcl_message message;
  wcl_messages answers;
  OK(wcl_cloud_new(NULL, &cloud));
  OK(wcl_client_connect("default", &client));

  // Used up, whatever the outcome.
  OK(wcl_message_new("x", 1, &message));
  OK(wcl_client_send(&client, "topic", &message));
  assert(message.handle == 0);
  FAILS(WCL_INVALID, wcl_client_send(&client, "topic", &message));
  OK(wcl_message_new("x", 1, &message));
  FAILS(WCL_INVALID, wcl_client_send(&client, "\xff", &message));
  assert(message.handle == 0);
  OK(wcl_message_new("x", 1, &message));
  FAILS(WCL_OTHER, wcl_client_send(&client, "no#topic", &message));
  assert(message.handle == 0 && wcl_maybe_applied());
  FAILS(WCL_INVALID, wcl_publish("topic", NULL, 1));
  FAILS(WCL_INVALID, wcl_publish_n(NULL, 1, "x", 1));
  wcl_messages sent;
  OK(wcl_cloud_published(&cloud, &sent));
  assert(sent.len == 1);
  wcl_messages_free(&sent);

  // A question stays usable.
  OK(wcl_message_new("x", 1, &message));
  FAILS(WCL_UNAVAILABLE, wcl_client_request(&client, "price", &message, NULL, &answers));
  assert(answers.len == 0 && !answers.ptr);
  OK(wcl_cloud_reply_with(&cloud, "price", "2.50", 4));
  OK(wcl_cloud_reply_with(&cloud, "price", NULL, 0));
  wcl_request_options options = {.has_timeout = true, .timeout_ms = 9999, .has_expected_replies = true};
  OK(wcl_client_request(&client, "price", &message, &options, &answers));
  assert(answers.len == 0);
  wcl_messages_free(&answers);
  options.expected_replies = 2;
  OK(wcl_client_request(&client, "price", &message, &options, &answers));
  assert(answers.len == 2);
  wcl_messages_free(&answers);
  OK(wcl_client_request(&client, "price", &message, NULL, &answers));
  assert(answers.len == 1);
  wcl_messages_free(&answers);
  options = (wcl_request_options){.has_timeout = true, .timeout_ms = 1, .has_expected_replies = true, .expected_replies = 3};
  OK(wcl_cloud_inject(&cloud, &(wcl_cloud_fault){.name = "messaging:default", .moment = WCL_FAULT_BEFORE, .kind = WCL_TIMEOUT}));
  FAILS(WCL_TIMEOUT, wcl_client_request(&client, "price", &message, &options, &answers));
  wcl_message_close(&message);

  OK(wcl_client_disconnect(&client));
  OK(wcl_message_new("x", 1, &message));
  FAILS(WCL_UNAVAILABLE, wcl_client_send(&client, "topic", &message));
  wcl_client_close(&client);
  wcl_client_close(&client);
  wcl_client_close(NULL);
  FAILS(WCL_INVALID, wcl_client_disconnect(&client));
  wcl_cloud_close(&cloud);
}

int main(void) {
  handlers();
  replies();
  contents();
  sends();
  assert(wcl_cloud_open_handles() == 0);
  return 0;
}
