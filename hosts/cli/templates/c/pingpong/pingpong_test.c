// Tests pingpong.c on this machine, without WebAssembly and without a host.

#include <stdio.h>
#include <stdlib.h>
#include <wasi_cloud.h>
#include <wasi_cloud/testing.h>

#define CHECK(condition)                                                                \
  do {                                                                                  \
    if (!(condition)) {                                                                 \
      fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, wcl_errmsg()); \
      exit(EXIT_FAILURE);                                                               \
    }                                                                                   \
  } while (0)

static bool says(const wcl_message *message, const char *text) {
  wcl_bytes data;
  CHECK(wcl_message_data(message, &data) == WCL_OK);
  bool same = wcl_bytes_are(&data, text);
  wcl_bytes_free(&data);
  return same;
}

static void every_ping_gets_the_next_pong(const wcl_cloud *cloud) {
  CHECK(wcl_cloud_deliver(cloud, "ping", "ping", 4) == WCL_OK);
  CHECK(wcl_cloud_deliver(cloud, "ping", "something else", 14) == WCL_OK);
  CHECK(wcl_cloud_deliver(cloud, "ping", "ping", 4) == WCL_OK);
  wcl_messages sent;
  CHECK(wcl_cloud_published(cloud, &sent) == WCL_OK);
  CHECK(sent.len == 2 && says(&sent.ptr[0], "pong 1") && says(&sent.ptr[1], "pong 2"));
  wcl_messages_free(&sent);
}

static void without_a_count_there_is_no_pong(const wcl_cloud *cloud) {
  wcl_cloud_fault fault = {.name = "keyvalue:default", .moment = WCL_FAULT_BEFORE, .op = "increment"};
  CHECK(wcl_cloud_inject(cloud, &fault) == WCL_OK);
  CHECK(wcl_cloud_deliver(cloud, "ping", "ping", 4) == WCL_OTHER);
  wcl_messages sent;
  CHECK(wcl_cloud_published(cloud, &sent) == WCL_OK);
  CHECK(sent.len == 0);
  wcl_messages_free(&sent);
}

// Each test on a cloud of its own.
static void run(void (*test)(const wcl_cloud *)) {
  wcl_cloud cloud;
  CHECK(wcl_cloud_new(NULL, &cloud) == WCL_OK);
  test(&cloud);
  wcl_cloud_close(&cloud);
  CHECK(wcl_cloud_open_handles() == 0);
}

int main(void) {
  run(every_ping_gets_the_next_pong);
  run(without_a_count_there_is_no_pong);
  return EXIT_SUCCESS;
}
