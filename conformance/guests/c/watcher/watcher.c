// Is told of changes, exactly as `../../rust/watcher` is, which says how: prints each as one JSON line on stdout, before it does
// anything else, and then does what the key says.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wasi_cloud.h>
#include <wasi_cloud/keyvalue_watcher.h>

static void print_text(const wcl_str *text) {
  putchar('"');
  for (size_t i = 0; i < text->len; i++) {
    unsigned char byte = (unsigned char)text->ptr[i];
    if (byte == '"' || byte == '\\') {
      printf("\\%c", byte);
    } else if (byte < 0x20) {
      printf("\\u%04x", (unsigned)byte);
    } else {
      putchar(byte);
    }
  }
  putchar('"');
}

static void end_line(void) {
  printf("}\n");
  fflush(stdout);
}

static bool is(const wcl_str *key, const char *name) {
  return key->len == strlen(name) && memcmp(key->ptr, name, key->len) == 0;
}

static void copy(const wcl_bucket *bucket) {
  wcl_bytes value;
  if (wcl_bucket_get(bucket, "copy", &value)) return;
  // Nothing can be returned: the suite looks for what was written.
  if (wcl_bucket_set(bucket, "copied", value.ptr, value.len)) fprintf(stderr, "%s\n", wcl_errmsg());
  wcl_bytes_free(&value);
}

WCL_ON_SET(bucket, key, value) {
  printf("{\"change\":\"set\",\"key\":");
  print_text(key);
  printf(",\"value\":[");
  for (size_t i = 0; i < value->len; i++) printf(i > 0 ? ",%u" : "%u", (unsigned)value->ptr[i]);
  putchar(']');
  end_line();
  if (is(key, "copy")) copy(bucket);
  if (is(key, "trap")) __builtin_trap();
}

WCL_ON_DELETE(bucket, key) {
  (void)bucket;
  printf("{\"change\":\"delete\",\"key\":");
  print_text(key);
  end_line();
}
