// Tests count.c on this machine.

#include "count.h"
#include <stdio.h>
#include <stdlib.h>
#include <wasi_cloud/testing.h>

#define CHECK(condition)                                                                \
  do {                                                                                  \
    if (!(condition)) {                                                                 \
      fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, wcl_errmsg()); \
      exit(EXIT_FAILURE);                                                               \
    }                                                                                   \
  } while (0)

int main(void) {
  wcl_cloud cloud;
  CHECK(wcl_cloud_new(NULL, &cloud) == WCL_OK);
  int64_t sum;
  CHECK(count(5, &sum) == WCL_OK && sum == 5);
  CHECK(count(-2, &sum) == WCL_OK && sum == 3);
  wcl_cloud_close(&cloud);
  CHECK(wcl_cloud_open_handles() == 0);
  return EXIT_SUCCESS;
}
