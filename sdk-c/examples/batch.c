// Many keys in one call: writes the moons of some planets, looks two of them up, lists what is there, and removes it.
//
//     wasi-cloud run batch.wasm --link keyvalue:default=memory --grant-linked

#include <stdio.h>
#include <stdlib.h>
#include <wasi_cloud.h>

static wcl_status store(const wcl_bucket *bucket) {
  wcl_pair moons[] = {
      {wcl_view_text("earth"), wcl_view_text("Moon")},
      {wcl_view_text("mars"), wcl_view_text("Phobos, Deimos")},
      {wcl_view_text("venus"), wcl_view_text("")},
  };
  return wcl_bucket_set_many(bucket, moons, 3);
}

// What is empty is found, and what is absent is not.
static wcl_status look_up(const wcl_bucket *bucket) {
  wcl_view planets[] = {wcl_view_text("mars"), wcl_view_text("venus"), wcl_view_text("vulcan")};
  wcl_found_list founds;
  wcl_status status = wcl_bucket_get_many(bucket, planets, 3, &founds);
  for (size_t i = 0; i < founds.len; i++) {
    const wcl_found *found = &founds.ptr[i];
    if (!found->key.ptr) continue;
    printf("moons of %s: ", found->key.ptr);
    fwrite(found->value.ptr, 1, found->value.len, stdout);
    putchar('\n');
  }
  wcl_found_list_free(&founds);
  return status;
}

static wcl_status list(const wcl_bucket *bucket) {
  wcl_keys keys = wcl_bucket_keys(bucket);
  const char *key;
  wcl_status status;
  while ((status = wcl_keys_next(&keys, &key, NULL)) == WCL_OK && key) printf("planet %s\n", key);
  wcl_keys_free(&keys);
  return status;
}

static wcl_status clear(const wcl_bucket *bucket) {
  wcl_view planets[] = {wcl_view_text("earth"), wcl_view_text("mars"), wcl_view_text("venus")};
  return wcl_bucket_delete_many(bucket, planets, 3);
}

int main(void) {
  wcl_bucket bucket;
  wcl_status status = wcl_bucket_open("default", &bucket);
  if (!status) status = store(&bucket);
  if (!status) status = look_up(&bucket);
  if (!status) status = list(&bucket);
  if (!status) status = clear(&bucket);
  wcl_bucket_close(&bucket);
  if (!status) return EXIT_SUCCESS;
  fprintf(stderr, "batch: %s: %s\n", wcl_status_name(status), wcl_errmsg());
  return EXIT_FAILURE;
}
