// A registration that is in the list already: the list would be a ring.

#include "../check.h"

static wcl_status handle(void *context, wcl_message *message) {
  (void)context, (void)message;
  return WCL_OK;
}

int main(void) {
  static wcl_registration registration;
  wcl_on_message(&registration, "a", handle, NULL);
  wcl_on_message(&registration, "b", handle, NULL);
  return 0;
}
