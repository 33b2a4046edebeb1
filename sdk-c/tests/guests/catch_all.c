// Registers by hand a handler of all topics that no other takes, and for one topic a handler of its own.

#include <wasi_cloud.h>

static wcl_status tell(void *context, wcl_message *message) {
  wcl_str topic;
  wcl_status status = wcl_message_topic(message, &topic);
  if (!status) status = wcl_publish(context, topic.ptr, topic.len);
  wcl_str_free(&topic);
  return status;
}

static wcl_status hide(void *context, wcl_message *message) {
  (void)context, (void)message;
  return wcl_publish("seen", "hidden", 6);
}

__attribute__((constructor)) static void begin(void) {
  static wcl_registration all, one;
  static char seen[] = "seen";
  wcl_on_message(&all, NULL, tell, seen);
  wcl_on_message(&one, "secret", hide, NULL);
}
