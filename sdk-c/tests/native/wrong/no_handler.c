// A registration without a handler.

#include "../check.h"

int main(void) {
  static wcl_registration registration;
  wcl_on_message(&registration, "a", NULL, NULL);
  return 0;
}
