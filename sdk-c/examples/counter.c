// Adds to a counter by compare-and-swap, so that no addition is lost, however many programs add at once.
//
//     wasi-cloud run counter.wasm --link keyvalue:default --grant-linked -- 5

#include <stdio.h>
#include <stdlib.h>
#include <wasi_cloud.h>

typedef struct addition {
  long long amount, sum;
} addition;

// Makes the next value of the current one. Is called again where another write came first, with the value of that write.
static wcl_status add(void *context, const wcl_bytes *current, wcl_bytes *next) {
  addition *it = (addition *)context;
  char text[32] = "0", *end;
  if (current->len >= sizeof text) return wcl_fail(WCL_INVALID, "the counter is no number");
  if (current->ptr) {
    memcpy(text, current->ptr, current->len);
    text[current->len] = '\0';
  }
  it->sum = strtoll(text, &end, 10) + it->amount;
  if (end == text || *end) return wcl_fail(WCL_INVALID, "the counter is no number");
  int len = snprintf(text, sizeof text, "%lld", it->sum);
  return wcl_bytes_copy(text, (size_t)len, next);
}

int main(int argc, char **argv) {
  addition it = {.amount = argc > 1 ? atoll(argv[1]) : 1};
  wcl_bucket bucket;
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (!status) status = wcl_bucket_update(&bucket, "counter", add, &it);
  wcl_bucket_close(&bucket);
  if (status) {
    fprintf(stderr, "counter: %s: %s\n", wcl_status_name(status), wcl_errmsg());
    return EXIT_FAILURE;
  }
  printf("%lld\n", it.sum);
  return EXIT_SUCCESS;
}
