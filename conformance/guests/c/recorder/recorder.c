// Handles messages as the suite tells it, exactly as `../../rust/recorder` does, which says how: prints each message as one
// JSON line on stdout, before it does anything else, and then does what the message's metadata says under the name `script`.

#define _POSIX_C_SOURCE 200809L
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <wasi_cloud/messaging.h>

static const char ok[] = "ok";

// A message as it was delivered.
typedef struct delivery {
  wcl_str topic;
  wcl_bytes data;
  wcl_str content_type;
  // Sorted, since hosts do not promise an order.
  wcl_str_pairs metadata;
  // Of the metadata.
  const char *script;
} delivery;

static void delivery_free(delivery *delivery) {
  wcl_str_free(&delivery->topic);
  wcl_bytes_free(&delivery->data);
  wcl_str_free(&delivery->content_type);
  wcl_str_pairs_free(&delivery->metadata);
}

static int by_bytes(const wcl_str *a, const wcl_str *b) {
  int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);
  return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static int by_name(const void *a, const void *b) {
  const wcl_str_pair *one = a, *other = b;
  int order = by_bytes(&one->key, &other->key);
  return order != 0 ? order : by_bytes(&one->value, &other->value);
}

static bool is_script(const wcl_str_pair *pair) {
  static const char name[] = "script";
  return pair->key.len == sizeof name - 1 && memcmp(pair->key.ptr, name, sizeof name - 1) == 0;
}

static wcl_status delivery_of(const wcl_message *message, delivery *out) {
  *out = (delivery){.script = ok};
  wcl_status status = wcl_message_topic(message, &out->topic);
  if (!status) status = wcl_message_data(message, &out->data);
  if (!status) status = wcl_message_content_type(message, &out->content_type);
  if (!status) status = wcl_message_metadata(message, &out->metadata);
  wcl_str_pairs pairs = out->metadata;
  if (pairs.len > 0) qsort(pairs.ptr, pairs.len, sizeof *pairs.ptr, by_name);
  for (size_t i = pairs.len; i-- > 0;) {
    if (is_script(&pairs.ptr[i])) out->script = pairs.ptr[i].value.ptr;
  }
  return status;
}

static void add_metadata(text *line, const wcl_str_pairs *metadata) {
  const char *separator = "[";
  for (size_t i = 0; i < metadata->len; i++) {
    const wcl_str_pair *pair = &metadata->ptr[i];
    if (is_script(pair)) continue;
    add(line, separator);
    add(line, "[");
    add_string(line, &pair->key);
    add(line, ",");
    add_string(line, &pair->value);
    add(line, "]");
    separator = ",";
  }
  add(line, *separator == '[' ? "[]" : "]");
}

// At once, since others write to the same stdout.
static wcl_status write_all(const char *ptr, size_t len) {
  while (len > 0) {
    ssize_t written = write(STDOUT_FILENO, ptr, len);
    if (written <= 0) return wcl_fail(WCL_OTHER, strerror(errno));
    ptr += written;
    len -= (size_t)written;
  }
  return WCL_OK;
}

static wcl_status print(const delivery *delivery, bool done) {
  text line = {0};
  add(&line, "{\"topic\":");
  add_string(&line, &delivery->topic);
  add(&line, ",\"data\":");
  add_numbers(&line, &delivery->data);
  add(&line, ",\"content_type\":");
  add_string(&line, &delivery->content_type);
  add(&line, ",\"metadata\":");
  add_metadata(&line, &delivery->metadata);
  add(&line, done ? ",\"done\":true}\n" : "}\n");
  wcl_status status = write_all(line.ptr, line.len);
  free(line.ptr);
  return status;
}

static wcl_status reply(const wcl_message *message, uint64_t count) {
  for (uint64_t n = 1; n <= count; n++) {
    char content[32];
    int len = snprintf(content, sizeof content, "reply %" PRIu64, n);
    wcl_message answer;
    wcl_status status = wcl_message_new(content, (size_t)len, &answer);
    if (status) return status;
    // A requester that has left may make a reply fail: whoever waits sees what came (MSG-M15).
    if (wcl_message_reply(message, &answer)) continue;
  }
  return WCL_OK;
}

static void wait_ms(uint64_t ms) {
  struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
}

// The number behind the name of a script.
static wcl_status number(const char *digits, uint64_t *out) {
  char *end;
  errno = 0;
  *out = strtoull(digits, &end, 10);
  if (*digits >= '0' && *digits <= '9' && *end == '\0' && errno == 0) return WCL_OK;
  return wcl_fail(WCL_INVALID, "what is behind the colon in a script is no number");
}

static wcl_status play(const wcl_message *message, const delivery *delivery) {
  const char *script = delivery->script;
  uint64_t count;
  if (strcmp(script, ok) == 0) return WCL_OK;
  if (strcmp(script, "err") == 0) return wcl_fail(WCL_OTHER, "the script says so");
  if (strcmp(script, "trap") == 0) __builtin_trap();
  if (strcmp(script, "loop") == 0) {
    for (volatile bool forever = true; forever;) continue;
  }
  if (strncmp(script, "reply:", 6) == 0) {
    wcl_status status = number(script + 6, &count);
    return status ? status : reply(message, count);
  }
  if (strncmp(script, "wait:", 5) == 0) {
    wcl_status status = number(script + 5, &count);
    if (status) return status;
    wait_ms(count);
    return print(delivery, true);
  }
  return wcl_fail(WCL_INVALID, "no such script");
}

static wcl_status record(void *context, wcl_message *message) {
  (void)context;
  delivery delivery;
  wcl_status status = delivery_of(message, &delivery);
  if (!status) status = print(&delivery, false);
  if (!status) status = play(message, &delivery);
  delivery_free(&delivery);
  return status;
}

__attribute__((constructor)) static void every_topic(void) {
  static wcl_registration registration;
  wcl_on_message(&registration, NULL, record, NULL);
}
