// CloudEvents as messages: the table of all SDKs, which the test beside this one writes as a header, and the example `orders.c`.

#include "check.h"
#include <wasi_cloud/cloudevents.h>

// The last pair of a list is NULL.
struct pair {
  const char *name, *value;
};

struct given {
  const char *content_type;
  struct pair metadata[16];
  const char *data;
  size_t len;
};

struct event {
  const char *name;
  struct given message;
  struct pair attributes[16];
};

struct refusal {
  const char *name;
  struct given message;
  wcl_status status;
  const char *says;
};

struct unwritable {
  const char *name;
  struct pair attributes[16];
  wcl_status status;
  const char *says;
};

#include "golden.h"

#define EACH(row, rows) for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)

static size_t count(const struct pair *pairs) {
  size_t all = 0;
  while (pairs[all].name) all++;
  return all;
}

static const char *value_of(const struct pair *pairs, const char *name) {
  for (; pairs->name; pairs++) {
    if (strcmp(pairs->name, name) == 0) return pairs->value;
  }
  return NULL;
}

static bool same(const wcl_str_pairs *got, const struct pair *expected) {
  for (size_t i = 0; i < got->len; i++) {
    const char *value = value_of(expected, got->ptr[i].key.ptr);
    if (!value || strcmp(value, got->ptr[i].value.ptr) != 0) return false;
  }
  return got->len == count(expected);
}

static wcl_message received(const struct given *given) {
  wcl_message message;
  OK(wcl_message_new(given->data, given->len, &message));
  if (given->content_type) OK(wcl_message_set_content_type(&message, given->content_type));
  for (const struct pair *pair = given->metadata; pair->name; pair++) {
    OK(wcl_message_add_metadata(&message, pair->name, pair->value));
  }
  return message;
}

static wcl_status write(const struct pair *attributes, const struct given *given, wcl_message *out) {
  wcl_status status = wcl_cloudevent_new(value_of(attributes, "id"), value_of(attributes, "source"),
                                         value_of(attributes, "type"), given->data, given->len, out);
  for (; !status && attributes->name; attributes++) status = wcl_cloudevent_set(out, attributes->name, attributes->value);
  return status;
}

// Writes what was read, and compares all that both messages hold.
static void is_written(const struct event *event) {
  wcl_message message;
  OK(write(event->attributes, &event->message, &message));
  wcl_str content_type;
  wcl_str_pairs metadata;
  wcl_bytes data;
  OK(wcl_message_content_type(&message, &content_type));
  OK(wcl_message_metadata(&message, &metadata));
  OK(wcl_message_data(&message, &data));
  const char *expected = event->message.content_type;
  assert(!expected == !content_type.ptr && (!expected || strcmp(expected, content_type.ptr) == 0));
  for (size_t i = 0; i < metadata.len; i++) {
    const char *value = value_of(event->message.metadata, metadata.ptr[i].key.ptr);
    assert(value && strcmp(value, metadata.ptr[i].value.ptr) == 0);
  }
  size_t attributes = 0;
  for (const struct pair *pair = event->message.metadata; pair->name; pair++) attributes += !strncmp(pair->name, "ce-", 3);
  assert(metadata.len == attributes);
  assert(data.len == event->message.len && memcmp(data.ptr, event->message.data, data.len) == 0);
  wcl_bytes_free(&data);
  wcl_str_pairs_free(&metadata);
  wcl_str_free(&content_type);
  wcl_message_close(&message);
}

static void are_read_and_written(void) {
  EACH(i, events) {
    wcl_message message = received(&events[i].message);
    wcl_str_pairs attributes;
    OK(wcl_cloudevent_attributes(&message, &attributes));
    const wcl_str *version = wcl_cloudevent_attribute(&attributes, "specversion");
    assert(version && strcmp(version->ptr, "1.0") == 0);
    assert(!wcl_cloudevent_attribute(&attributes, "nothing"));
    // The table leaves it out.
    struct pair expected[17] = {{"specversion", "1.0"}};
    memcpy(expected + 1, events[i].attributes, sizeof events[i].attributes);
    if (!same(&attributes, expected)) fprintf(stderr, "%s\n", events[i].name);
    assert(same(&attributes, expected));
    wcl_str_pairs_free(&attributes);
    wcl_message_close(&message);
    is_written(&events[i]);
  }
}

static void says(const char *name, const char *expected) {
  if (strcmp(wcl_errmsg(), expected) != 0) fprintf(stderr, "%s: %s\n", name, wcl_errmsg());
  assert(strcmp(wcl_errmsg(), expected) == 0 && !wcl_maybe_applied());
}

static void what_is_wrong_is_refused(void) {
  EACH(i, refusals) {
    wcl_message message = received(&refusals[i].message);
    wcl_str_pairs attributes;
    FAILS(refusals[i].status, wcl_cloudevent_attributes(&message, &attributes));
    says(refusals[i].name, refusals[i].says);
    assert(!attributes.ptr && attributes.len == 0);
    wcl_message_close(&message);
  }
  EACH(i, unwritable) {
    static const struct given empty = {.data = ""};
    wcl_message message;
    FAILS(unwritable[i].status, write(unwritable[i].attributes, &empty, &message));
    says(unwritable[i].name, unwritable[i].says);
    wcl_message_close(&message);
  }
}

static void of_c_alone(void) {
  wcl_message event;
  wcl_str_pairs attributes;
  FAILS(WCL_INVALID, wcl_cloudevent_new(NULL, "/counter", "type", "x", 1, &event));
  says("no id", "id is NULL");
  FAILS(WCL_INVALID, wcl_cloudevent_new("7", "/counter", "\xff", "x", 1, &event));
  says("not UTF-8", "type is not UTF-8");
  FAILS(WCL_INVALID, wcl_cloudevent_new("7", "/counter", "type", NULL, 1, &event));
  assert(event.handle == 0);
  FAILS(WCL_INVALID, wcl_cloudevent_attributes(&event, &attributes));
  FAILS(WCL_INVALID, wcl_cloudevent_attributes(NULL, &attributes));
  FAILS(WCL_INVALID, wcl_cloudevent_set(&event, "subject", "x"));
  FAILS(WCL_INVALID, wcl_cloudevent_set(NULL, "subject", "x"));

  OK(wcl_cloudevent_new("7", "/counter", "type", "x", 1, &event));
  FAILS(WCL_INVALID, wcl_cloudevent_set(&event, NULL, "x"));
  FAILS(WCL_INVALID, wcl_cloudevent_set(&event, "\xff", "x"));
  FAILS(WCL_INVALID, wcl_cloudevent_set(&event, "subject", NULL));
  FAILS(WCL_INVALID, wcl_cloudevent_set(&event, "subject", ""));
  says("empty", "`subject` is empty");
  FAILS(WCL_UNSUPPORTED, wcl_cloudevent_set(&event, "specversion", "2.0"));
  // Longer than an error.
  char name[2000];
  memset(name, 'A', sizeof name);
  name[sizeof name - 1] = '\0';
  FAILS(WCL_INVALID, wcl_cloudevent_set(&event, name, "x"));
  // What is behind a zero is part of a name and of a value.
  OK(wcl_message_add_metadata_n(&event, "ce-id\0x", 7, "8", 1));
  FAILS(WCL_INVALID, wcl_cloudevent_attributes(&event, &attributes));
  OK(wcl_message_remove_metadata_n(&event, "ce-id\0x", 7));
  OK(wcl_message_add_metadata_n(&event, "ce-time", 7, "2026-01-31T12:00:00Z\0x", 22));
  FAILS(WCL_INVALID, wcl_cloudevent_attributes(&event, &attributes));
  says("a zero", "`time` has a control character");
  OK(wcl_cloudevent_set(&event, "time", "2026-01-31T12:00:00Z"));
  OK(wcl_cloudevent_attributes(&event, &attributes));
  wcl_str_pairs_free(&attributes);
  wcl_message_close(&event);
}

static void the_example(void) {
  wcl_cloud cloud;
  wcl_message order;
  wcl_messages sent;
  wcl_str_pairs attributes;
  OK(wcl_cloud_new(NULL, &cloud));
  OK(wcl_cloudevent_new("7", "/counter", "com.example.order", "{\"cups\":2}", 10, &order));
  OK(wcl_cloudevent_set(&order, "datacontenttype", "application/json"));
  OK(wcl_cloud_deliver_message(&cloud, "orders", &order));
  FAILS(WCL_INVALID, wcl_cloud_deliver(&cloud, "orders", "no event", 8));
  OK(wcl_cloud_published(&cloud, &sent));
  assert(sent.len == 1);
  OK(wcl_cloudevent_attributes(&sent.ptr[0], &attributes));
  assert(strcmp(wcl_cloudevent_attribute(&attributes, "id")->ptr, "7") == 0);
  assert(strcmp(wcl_cloudevent_attribute(&attributes, "type")->ptr, "com.example.served") == 0);
  assert(!wcl_cloudevent_attribute(&attributes, "datacontenttype"));
  wcl_str_pairs_free(&attributes);
  wcl_messages_free(&sent);
  wcl_cloud_close(&cloud);
}

int main(void) {
  are_read_and_written();
  what_is_wrong_is_refused();
  of_c_alone();
  the_example();
  assert(wcl_cloud_open_handles() == 0);
  return 0;
}
