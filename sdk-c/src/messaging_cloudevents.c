// CloudEvents in binary mode, on the functions of a message.

#include "../include/wasi_cloud/cloudevents.h"
#include "internal.h"

#include <stdlib.h>

#define PREFIX "ce-"
#define FORMAT "application/cloudevents"
static const char content_type[] = "datacontenttype";

// Those that are no extensions. The first four must be there.
static const char *const core[] = {"specversion", "id", "source", "type", content_type, "dataschema", "subject", "time"};
enum { REQUIRED = 4, CORE = sizeof core / sizeof *core };

/* What is wrong */

// Fails with a name between two texts. What is not UTF-8 at the end of a name that is cut becomes `?`.
static wcl_status fail(wcl_status status, const char *before, const char *name, const char *after) {
  char text[512] = "";
  strncat(text, before, 100);
  strncat(text, name, 300);
  strncat(text, after, 100);
  return wcl_fail(status, text);
}

static wcl_status invalid(const char *name, const char *why) { return fail(WCL_INVALID, "`", name, why); }

static wcl_status check_name(const char *name, size_t len) {
  bool right = len > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
  if (right && strcmp(name, "data") != 0) return WCL_OK;
  return invalid(name, "` is no attribute: names are a to z and 0 to 9, and `data` is none");
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number of the two digits at `at`.
static unsigned two(const char *at) { return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0'); }

// Whether a text begins with a digit for each 0 of the shape, and else with its characters; letters may be small.
static bool shaped(const char *text, const char *shape) {
  for (; *shape; text++, shape++) {
    bool small = *shape >= 'A' && *shape <= 'Z' && *text == *shape - 'A' + 'a';
    if (!small && !(*shape == '0' ? is_digit(*text) : *text == *shape)) return false;
  }
  return true;
}

// A date, a time, and its distance from UTC. Also a second 60, which is there in some years.
static bool is_rfc3339(const char *text) {
  static const char date_time[] = "0000-00-00T00:00:00";
  if (!shaped(text, date_time)) return false;
  const char *rest = text + strlen(date_time);
  if (rest[0] == '.' && is_digit(rest[1])) {
    do rest++;
    while (is_digit(*rest));
  }
  if (shaped(rest, "+00:00") || shaped(rest, "-00:00")) {
    if (rest[6] || two(rest + 1) > 23 || two(rest + 4) > 59) return false;
  } else if (!shaped(rest, "Z") || rest[1]) {
    return false;
  }
  unsigned century = two(text), year = two(text + 2), month = two(text + 5), day = two(text + 8);
  bool leap = year % 4 == 0 && (year != 0 || century % 4 == 0);
  static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1 || day > days[month - 1] + (month == 2 && leap ? 1u : 0u)) return false;
  return two(text + 11) <= 23 && two(text + 14) <= 59 && two(text + 17) <= 60;
}

// Refuses what is not in Unicode for people to see. `value` is UTF-8.
static bool has_control(const char *value, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)value[i];
    if (c < 0x20 || c == 0x7F) return true;
    // U+0080 to U+009F. The zero behind a text is none of them.
    if (c == 0xC2 && (unsigned char)value[i + 1] < 0xA0) return true;
  }
  return false;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

// How long the media type of a content type is, that begins at `*at`: it is without parameters.
static size_t media_type(const char *type, const char **at) {
  *at = type + strspn(type, " \t");
  size_t len = strcspn(*at, ";");
  while (len > 0 && ((*at)[len - 1] == ' ' || (*at)[len - 1] == '\t')) len--;
  return len;
}

// Whether a media type begins so, in any letters.
static bool begins(const char *type, size_t len, const char *with) {
  for (size_t i = 0; with[i]; i++) {
    if (i >= len || lower(type[i]) != with[i]) return false;
  }
  return true;
}

static bool is_format(const char *type) {
  const char *at;
  size_t len = media_type(type, &at);
  return begins(at, len, FORMAT);
}

static wcl_status missing(const char *name) { return fail(WCL_INVALID, "the CloudEvent has no `", name, "`"); }

static wcl_status check_value(const char *name, const char *value, size_t len) {
  if (strcmp(name, core[0]) == 0 && strcmp(value, "1.0") != 0) {
    return fail(WCL_UNSUPPORTED, "specversion `", value, "`: only `1.0` is supported");
  }
  for (size_t i = 0; i < CORE; i++) {
    if (len > 0 || strcmp(name, core[i]) != 0) continue;
    return i < REQUIRED ? missing(name) : invalid(name, "` is empty");
  }
  if (has_control(value, len)) return invalid(name, "` has a control character");
  if (strcmp(name, "time") == 0 && !is_rfc3339(value)) {
    return invalid(name, "` is not as in RFC 3339: 2026-01-31T12:00:00Z");
  }
  return WCL_OK;
}

/* Writing */

wcl_status wcl_cloudevent_new(const char *id, const char *source, const char *type, const void *data, size_t len,
                              wcl_message *out) {
  WCLI_TRY(wcl_message_new(data, len, out));
  const char *const values[REQUIRED] = {"1.0", id, source, type};
  for (size_t i = 0; i < REQUIRED; i++) {
    wcl_status status = wcl_cloudevent_set(out, core[i], values[i]);
    if (!status) continue;
    wcl_message_close(out);
    return status;
  }
  return WCL_OK;
}

wcl_status wcl_cloudevent_set(const wcl_message *event, const char *name, const char *value) {
  WCLI_TRY(wcli_open("the message", event ? event->handle : 0));
  wcl_gen_string_t ignored;
  WCLI_TRY(wcli_text("the name", name, wcli_len(name), &ignored));
  WCLI_TRY(check_name(name, strlen(name)));
  WCLI_TRY(wcli_text(name, value, wcli_len(value), &ignored));
  WCLI_TRY(check_value(name, value, strlen(value)));
  if (strcmp(name, content_type) == 0) {
    if (is_format(value)) return invalid(name, "` is that of an event: only structured mode can carry it");
    return wcl_message_set_content_type(event, value);
  }
  size_t size = strlen(PREFIX) + strlen(name) + 1;
  char *key = (char *)malloc(size);
  if (!key) return wcl_fail(WCL_QUOTA, "out of memory");
  memcpy(key, PREFIX, strlen(PREFIX));
  memcpy(key + strlen(PREFIX), name, strlen(name) + 1);
  wcl_status status = wcl_message_add_metadata(event, key, value);
  free(key);
  return status;
}

/* Reading */

// Refuses content types of events as a whole.
static wcl_status check_mode(const char *type) {
  if (!is_format(type)) return WCL_OK;
  const char *at;
  size_t len = media_type(type, &at);
  if (begins(at, len, FORMAT "-batch+json") && len == strlen(FORMAT "-batch+json")) {
    return wcl_fail(WCL_UNSUPPORTED, "a batch of CloudEvents: send each as a message of its own");
  }
  if (begins(at, len, FORMAT "+json") && len == strlen(FORMAT "+json")) {
    return wcl_fail(WCL_UNSUPPORTED, "a CloudEvent in structured mode: the SDK for C reads binary mode alone");
  }
  char name[128] = "";
  for (size_t i = 0; i < len && i + 1 < sizeof name; i++) name[i] = lower(at[i]);
  return fail(WCL_UNSUPPORTED, "CloudEvents as ", name, ": only " FORMAT "+json is read");
}

// Takes the attributes out of metadata: their names lose the prefix, and what is none of them is freed.
static void keep_attributes(wcl_str_pairs *pairs) {
  size_t kept = 0;
  for (size_t i = 0; i < pairs->len; i++) {
    wcl_str_pair *pair = &pairs->ptr[i];
    if (strncmp(pair->key.ptr, PREFIX, strlen(PREFIX)) == 0) {
      pair->key.len -= strlen(PREFIX);
      memmove(pair->key.ptr, pair->key.ptr + strlen(PREFIX), pair->key.len + 1);
      pairs->ptr[kept++] = *pair;
    } else {
      wcl_str_free(&pair->key);
      wcl_str_free(&pair->value);
    }
  }
  pairs->len = kept;
}

// Moves a content type to the attributes.
static wcl_status add_content_type(wcl_str_pairs *pairs, wcl_str *type) {
  wcl_bytes name;
  WCLI_TRY(wcl_bytes_copy(content_type, sizeof content_type, &name));
  wcl_str_pair *more = (wcl_str_pair *)realloc(pairs->ptr, (pairs->len + 1) * sizeof *more);
  if (!more) {
    wcl_bytes_free(&name);
    return wcl_fail(WCL_QUOTA, "out of memory");
  }
  pairs->ptr = more;
  more[pairs->len++] = (wcl_str_pair){.key = {(char *)name.ptr, sizeof content_type - 1}, .value = *type};
  *type = (wcl_str){0};
  return WCL_OK;
}

static wcl_status check_all(const wcl_str_pairs *attributes) {
  for (size_t i = 0; i < attributes->len; i++) {
    WCLI_TRY(check_name(attributes->ptr[i].key.ptr, attributes->ptr[i].key.len));
  }
  for (size_t i = 0; i < REQUIRED; i++) {
    if (!wcl_cloudevent_attribute(attributes, core[i])) return missing(core[i]);
  }
  for (size_t i = 0; i < attributes->len; i++) {
    const wcl_str_pair *pair = &attributes->ptr[i];
    WCLI_TRY(check_value(pair->key.ptr, pair->value.ptr, pair->value.len));
  }
  return WCL_OK;
}

static wcl_status read_binary(wcl_str_pairs *pairs, wcl_str *type) {
  if (type->ptr) WCLI_TRY(check_mode(type->ptr));
  keep_attributes(pairs);
  if (!wcl_cloudevent_attribute(pairs, core[0])) {
    return wcl_fail(WCL_INVALID, "no CloudEvent: its content type is not " FORMAT "+json, and it has no ce-specversion");
  }
  if (wcl_cloudevent_attribute(pairs, content_type)) {
    return wcl_fail(WCL_INVALID, "ce-datacontenttype is there: it belongs into the content type");
  }
  if (type->ptr) WCLI_TRY(add_content_type(pairs, type));
  return check_all(pairs);
}

wcl_status wcl_cloudevent_attributes(const wcl_message *message, wcl_str_pairs *out) {
  *out = (wcl_str_pairs){0};
  wcl_str type;
  WCLI_TRY(wcl_message_content_type(message, &type));
  wcl_status status = wcl_message_metadata(message, out);
  if (!status) status = read_binary(out, &type);
  if (status) wcl_str_pairs_free(out);
  wcl_str_free(&type);
  return status;
}
