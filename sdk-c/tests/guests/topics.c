// One of two files with handlers: `more_topics.c` is the other.

#include <wasi_cloud.h>

#define PREFIX "orders."

WCL_ON_MESSAGE("päivä", message) {
  (void)message;
  return wcl_publish("seen", "day", 3);
}

WCL_ON_MESSAGE(PREFIX "new", message) {
  (void)message;
  return wcl_publish("seen", "order", 5);
}

WCL_ON_MESSAGE("both", message) {
  (void)message;
  return wcl_publish("seen", "first", 5);
}
