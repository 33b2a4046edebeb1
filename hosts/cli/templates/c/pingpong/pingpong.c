// Answers every `ping` on the topic `ping` with `pong 1`, `pong 2`, ... on the topic `pong`.

#include <wasi_cloud.h>

static wcl_status next(int64_t *out) {
  wcl_bucket bucket;
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (!status) status = wcl_bucket_increment(&bucket, "count", 1, out);
  wcl_bucket_close(&bucket);
  return status;
}

// By hand, since snprintf would be the greater part of the component.
static wcl_status publish(int64_t count) {
  char text[32], *end = text + sizeof text, *pong = end;
  do *--pong = (char)('0' + count % 10);
  while (count /= 10);
  pong -= strlen("pong ");
  memcpy(pong, "pong ", strlen("pong "));
  return wcl_publish("pong", pong, (size_t)(end - pong));
}

WCL_ON_MESSAGE("ping", message) {
  wcl_bytes data;
  wcl_status status = wcl_message_data(message, &data);
  if (status) return status;
  bool is_ping = wcl_bytes_are(&data, "ping");
  wcl_bytes_free(&data);
  if (!is_ping) return WCL_OK;

  int64_t count;
  status = next(&count);
  return status ? status : publish(count);
}
