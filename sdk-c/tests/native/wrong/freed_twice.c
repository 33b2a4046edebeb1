// A value that two own.

#include "../check.h"

int main(void) {
  wcl_bucket bucket;
  wcl_bytes value, copy;
  OK(wcl_bucket_open("default", &bucket));
  OK(wcl_bucket_set(&bucket, "key", "value", 5));
  OK(wcl_bucket_get(&bucket, "key", &value));
  copy = value;
  wcl_bytes_free(&value);
  wcl_bytes_free(&copy);
  wcl_bucket_close(&bucket);
  return 0;
}
