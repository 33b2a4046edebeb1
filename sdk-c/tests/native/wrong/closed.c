// A handle that is used after its copy was closed.

#include "../check.h"

int main(void) {
  wcl_bucket bucket, copy;
  bool found;
  OK(wcl_bucket_open("default", &bucket));
  copy = bucket;
  wcl_bucket_close(&bucket);
  return wcl_bucket_exists(&copy, "key", &found) ? 1 : 0;
}
