#include "count.h"

wcl_status count(int64_t amount, int64_t *sum) {
  wcl_bucket bucket;
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (!status) status = wcl_bucket_increment(&bucket, "count", amount, sum);
  wcl_bucket_close(&bucket);
  return status;
}
