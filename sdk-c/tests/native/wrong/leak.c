// A value that nobody frees.

#include "../check.h"

int main(void) {
  wcl_bucket bucket;
  wcl_bytes value;
  OK(wcl_bucket_open("default", &bucket));
  OK(wcl_bucket_set(&bucket, "key", "value", 5));
  OK(wcl_bucket_get(&bucket, "key", &value));
  OK(wcl_bucket_get(&bucket, "absent", &value));
  wcl_bucket_close(&bucket);
  return 0;
}
