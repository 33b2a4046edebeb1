#include <wasi_cloud.h>

int main(void) {
  wcl_bucket bucket;
  wcl_bytes value = {0};
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (!status) status = wcl_bucket_get(&bucket, "key", &value);
  wcl_bytes_free(&value);
  wcl_bucket_close(&bucket);
  return status != WCL_OK;
}
