// A handler that fails with text that is not UTF-8, and one that shows that the program goes on.

#include <wasi_cloud.h>

WCL_ON_MESSAGE("latin", message) {
  (void)message;
  return wcl_fail(WCL_INVALID, "caf\xe9");
}

WCL_ON_MESSAGE("after", message) {
  (void)message;
  return wcl_publish("seen", "after", 5);
}
