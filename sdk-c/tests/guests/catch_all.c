// Registers by hand a handler of all topics that no other takes, and for one topic a handler of its own.

#include <wasi_cloud.h>

static wcl_status tell(wcl_message *message) {
  wcl_str topic;
  wcl_status status = wcl_message_topic(message, &topic);
  if (!status) status = wcl_publish("seen", topic.ptr, topic.len);
  wcl_str_free(&topic);
  return status;
}

static wcl_status hide(wcl_message *message) {
  (void)message;
  return wcl_publish("seen", "hidden", 6);
}

__attribute__((constructor)) static void begin(void) {
  static wcl_registration all, one;
  wcl_on_message(&all, NULL, tell);
  wcl_on_message(&one, "secret", hide);
}
