#include <wasi_cloud.h>

int main(void) {
  wcl_put_options once = {.condition = {.when = WCL_WHEN_ABSENT}};
  wcl_bucket bucket;
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (!status) status = wcl_bucket_put(&bucket, "key", "value", 5, &once, NULL);
  wcl_bucket_close(&bucket);
  return status != WCL_OK;
}
