// The other source file of `messaging.c`, with a handler on a topic that has one there.

#include "check.h"
#include <ctype.h>

static wcl_status answer(const wcl_message *message, const wcl_bytes *with) {
  wcl_message reply;
  OK(wcl_message_new(with->ptr, with->len, &reply));
  return wcl_message_reply(message, &reply);
}

static wcl_status shout(wcl_message *message) {
  wcl_bytes data;
  OK(wcl_message_data(message, &data));
  wcl_status status = answer(message, &data);
  for (size_t i = 0; i < data.len; i++) data.ptr[i] = (uint8_t)toupper(data.ptr[i]);
  if (!status) status = answer(message, &data);
  wcl_bytes_free(&data);
  return status;
}
WCL_ON_MESSAGE("shout", message) { return shout(message); }

WCL_ON_MESSAGE("twice", message) {
  (void)message;
  return WCL_OK;
}
