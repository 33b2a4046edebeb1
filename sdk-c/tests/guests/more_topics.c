#include <wasi_cloud.h>

static wcl_status seen(const char *text) { return wcl_publish("seen", text, strlen(text)); }

// On lines that have handlers in `topics.c`, too.

WCL_ON_MESSAGE("a", message) {
  (void)message;
  return seen("a");
}

WCL_ON_MESSAGE("both", message) {
  (void)message;
  return seen("second");
}
