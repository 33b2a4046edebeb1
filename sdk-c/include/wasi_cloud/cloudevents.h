/// CloudEvents 1.0 as messages, in binary mode. wasi_cloud.h does not include this header.
///
/// In binary mode the data is the message's data, `datacontenttype` its content type, and every other attribute is metadata under
/// its name with `ce-` in front, as in the bindings for HTTP and NATS. A value is written as it is and not percent-encoded:
/// metadata is any text, and a host brings it into the form of its broker. The SDKs for Rust and Go write the same and refuse the
/// same messages, in the same words.
///
/// Structured mode, an event as one JSON document, is `WCL_UNSUPPORTED`: C has no JSON of its own, and a library for it would be
/// larger than the rest of this one. `wcl_message_data` has the document, for a program that brings a parser.
///
///     wcl_message event;
///     wcl_status status = wcl_cloudevent_new("7", "/counter", "com.example.order", "{\"cups\":2}", 10, &event);
///     if (!status) status = wcl_cloudevent_set(&event, "datacontenttype", "application/json");
///     if (!status) status = wcl_client_send(&client, "orders", &event);
///     wcl_message_close(&event);
///
/// Functions here are local and do not block. Errors: `WCL_INVALID` for what is no CloudEvent, and for a closed handle;
/// `WCL_UNSUPPORTED` besides for a batch, and for another `specversion` than 1.0. `wcl_maybe_applied` is false.
#ifndef WASI_CLOUD_CLOUDEVENTS_H
#define WASI_CLOUD_CLOUDEVENTS_H

#include "messaging.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Makes an event, with the attributes that each must have and with this data. It is a message as any other: close it with
/// `wcl_message_close`, unless it is sent or is a reply.
WCL_MUST_CHECK wcl_status wcl_cloudevent_new(const char *id, const char *source, const char *type, const void *data,
                                             size_t len, wcl_message *out);

/// Sets an attribute of an event, such as `subject`, or an extension. After a failure the message is as it was.
///
/// A name is made of a to z and 0 to 9. No value has control characters, and only that of an extension may be empty. `time` is as
/// in RFC 3339: `2026-01-31T12:00:00Z`. `datacontenttype` is the content type of the message. What is set otherwise, for instance
/// by `wcl_message_add_metadata`, is looked at by nobody before it is read.
WCL_MUST_CHECK wcl_status wcl_cloudevent_set(const wcl_message *event, const char *name, const char *value);

/// Reads all attributes of a received event, by name and in any order: `specversion`, `id`, `source`, `type`, what else there
/// is, and `datacontenttype` where the message has a content type. Each is as `wcl_cloudevent_set` would take it. Free with
/// `wcl_str_pairs_free`. The data is that of the message: `wcl_message_data`.
WCL_MUST_CHECK wcl_status wcl_cloudevent_attributes(const wcl_message *message, wcl_str_pairs *out);

/// The value of an attribute, NULL if there is none. It belongs to `attributes`. `name` must not be NULL.
static inline const wcl_str *wcl_cloudevent_attribute(const wcl_str_pairs *attributes, const char *name) {
  for (size_t i = 0; i < attributes->len; i++) {
    if (strcmp(attributes->ptr[i].key.ptr, name) == 0) return &attributes->ptr[i].value;
  }
  return NULL;
}

#ifdef __cplusplus
}
#endif
#endif
