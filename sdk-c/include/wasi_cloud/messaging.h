/// Messages: send them to topics, handle those of subscribed topics, ask and answer (`wasi:messaging`).
///
/// A topic is 1 to 255 bytes of UTF-8 without control characters and without `*`, `>`, `#` and `+` (MSG-M07). The host declares
/// its largest message, in bytes (MSG-M08).
///
/// Functions of `wcl_client`, `wcl_publish` and `wcl_message_reply` block until the host answers. The others are local; they
/// fail for a closed handle and for text that is not UTF-8 (`WCL_INVALID`) and for nothing else.
///
/// Errors: `WCL_ACCESS_DENIED` for a missing grant, `WCL_UNAVAILABLE` if the broker cannot be reached or the client was
/// disconnected, `WCL_TIMEOUT`, `WCL_INVALID` for text that is not UTF-8 and for a closed handle, and `WCL_OTHER` for all else
/// (MSG-TYPES-13). After any of them but `WCL_ACCESS_DENIED` and `WCL_INVALID`, what was sent may have arrived:
/// `wcl_maybe_applied` is true.
#ifndef WASI_CLOUD_MESSAGING_H
#define WASI_CLOUD_MESSAGING_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Messages */

/// A message: payload, content type and metadata, and the topic if it was received. What it holds lives at the host; the
/// functions here copy it in and out.
typedef struct wcl_message {
  int32_t handle;
} wcl_message;

/// Makes a message with these bytes, without topic, content type and metadata (MSG-TYPES-05). Its size is checked when it is
/// sent. Close with `wcl_message_close`, unless it is sent or is a reply.
WCL_MUST_CHECK wcl_status wcl_message_new(const void *data, size_t len, wcl_message *out);

/// Closes a message. Takes NULL, and what is closed already.
void wcl_message_close(wcl_message *message);

/// The topic that the message was received on; `ptr` is NULL for one that was made here (MSG-TYPES-12). Free with
/// `wcl_str_free`.
WCL_MUST_CHECK wcl_status wcl_message_topic(const wcl_message *message, wcl_str *out);

/// The content type, as the sender gave it; `ptr` is NULL if there is none. Free with `wcl_str_free`.
WCL_MUST_CHECK wcl_status wcl_message_content_type(const wcl_message *message, wcl_str *out);

/// Sets the content type (MSG-TYPES-06). Not checked.
WCL_MUST_CHECK wcl_status wcl_message_set_content_type(const wcl_message *message, const char *content_type);
/// `wcl_message_set_content_type` with a length.
WCL_MUST_CHECK wcl_status wcl_message_set_content_type_n(const wcl_message *message, const char *content_type,
                                                         size_t content_type_len);

/// A copy of the payload (MSG-TYPES-04); never missing. Free with `wcl_bytes_free`.
WCL_MUST_CHECK wcl_status wcl_message_data(const wcl_message *message, wcl_bytes *out);

/// Replaces the payload (MSG-TYPES-07). Its size is checked when the message is sent.
WCL_MUST_CHECK wcl_status wcl_message_set_data(const wcl_message *message, const void *data, size_t len);

/// A copy of the metadata, in any order; `ptr` is NULL if there is none (MSG-M09). Free with `wcl_str_pairs_free`.
WCL_MUST_CHECK wcl_status wcl_message_metadata(const wcl_message *message, wcl_str_pairs *out);

/// Adds a pair, or replaces the value that the name had (MSG-TYPES-08). Names are case-sensitive.
WCL_MUST_CHECK wcl_status wcl_message_add_metadata(const wcl_message *message, const char *name, const char *value);
/// `wcl_message_add_metadata` with lengths.
WCL_MUST_CHECK wcl_status wcl_message_add_metadata_n(const wcl_message *message, const char *name, size_t name_len,
                                                     const char *value, size_t value_len);

/// Replaces all metadata (MSG-TYPES-09); of a name given twice the last pair wins (MSG-M09).
WCL_MUST_CHECK wcl_status wcl_message_set_metadata(const wcl_message *message, const wcl_pair *pairs, size_t count);

/// Removes a pair, if there is one of that name (MSG-TYPES-10).
WCL_MUST_CHECK wcl_status wcl_message_remove_metadata(const wcl_message *message, const char *name);
/// `wcl_message_remove_metadata` with a length.
WCL_MUST_CHECK wcl_status wcl_message_remove_metadata_n(const wcl_message *message, const char *name, size_t name_len);

/// Answers a received message with another, as often as one likes (MSG-RR-07, MSG-RR-08). Uses up `answer`, which is closed
/// afterwards, whatever the outcome. If the message did not ask for a reply, this may do nothing (MSG-RR-09).
WCL_MUST_CHECK wcl_status wcl_message_reply(const wcl_message *message, wcl_message *answer);

/* Sending and asking */

/// Sends these bytes to a topic, over a connection of its own to the broker with the label `default`. Who sends often keeps a
/// `wcl_client`. Errors: those of `wcl_client_connect` and `wcl_client_send`.
WCL_MUST_CHECK wcl_status wcl_publish(const char *topic, const void *data, size_t len);
/// `wcl_publish` with a length of the topic.
WCL_MUST_CHECK wcl_status wcl_publish_n(const char *topic, size_t topic_len, const void *data, size_t len);

/// A connection to a broker.
typedef struct wcl_client {
  int32_t handle;
} wcl_client;

/// Connects to the broker behind a label: the name of a link that the operator configures (MSG-TYPES-01). Close with
/// `wcl_client_close`. `wcl_maybe_applied` is false after a failure.
WCL_MUST_CHECK wcl_status wcl_client_connect(const char *label, wcl_client *out);
/// `wcl_client_connect` with a length.
WCL_MUST_CHECK wcl_status wcl_client_connect_n(const char *label, size_t label_len, wcl_client *out);

/// Closes the connection but not the handle: messages already accepted stay accepted, and later calls are `WCL_UNAVAILABLE`
/// (MSG-TYPES-03, MSG-M14). `wcl_maybe_applied` is false after a failure.
WCL_MUST_CHECK wcl_status wcl_client_disconnect(const wcl_client *client);

/// Closes the handle, and with it the connection. Takes NULL, and what is closed already.
void wcl_client_close(wcl_client *client);

/// Sends a message; `WCL_OK` means that the broker accepted it, whether anybody is subscribed or not (MSG-PROD-01). Uses up the
/// message, which is closed afterwards, whatever the outcome.
WCL_MUST_CHECK wcl_status wcl_client_send(const wcl_client *client, const char *topic, wcl_message *message);
/// `wcl_client_send` with a length.
WCL_MUST_CHECK wcl_status wcl_client_send_n(const wcl_client *client, const char *topic, size_t topic_len,
                                            wcl_message *message);

/// How long a request waits, and for how many replies. All zero waits for one, as long as the host's call timeout allows
/// (MSG-M01).
typedef struct wcl_request_options {
  /// Whether `timeout_ms` counts.
  bool has_timeout;
  /// Wait at most so many milliseconds; 0 takes the replies that are already there (MSG-M03).
  uint32_t timeout_ms;
  /// Whether `expected_replies` counts.
  bool has_expected_replies;
  /// Wait for so many replies; 0 returns once the message is sent (MSG-M03).
  uint32_t expected_replies;
} wcl_request_options;

/// Messages that the caller owns.
typedef struct wcl_messages {
  wcl_message *ptr;
  size_t len;
} wcl_messages;

/// Closes all messages and frees the list. Takes NULL, and what is freed already. To keep one message, copy it out and set its
/// place in the list to all zero.
void wcl_messages_free(wcl_messages *messages);

/// Sends a message that asks for replies, and waits for them: until all expected came, or until the timeout with those that
/// came by then (MSG-RR-01 to MSG-RR-06). The message stays usable (MSG-RR-10). `options` may be NULL. Free with
/// `wcl_messages_free`. Errors: `WCL_TIMEOUT` if no reply came in time (MSG-RR-02); a host without request and reply answers
/// `WCL_OTHER`.
WCL_MUST_CHECK wcl_status wcl_client_request(const wcl_client *client, const char *topic, const wcl_message *message,
                                             const wcl_request_options *options, wcl_messages *out);
/// `wcl_client_request` with a length.
WCL_MUST_CHECK wcl_status wcl_client_request_n(const wcl_client *client, const char *topic, size_t topic_len,
                                               const wcl_message *message, const wcl_request_options *options,
                                               wcl_messages *out);

/* Handling */

/// Handles one message, which is the caller's and closed after the return. The instance is busy until then, and the host may
/// set a deadline. A failure says that the message was not dealt with; its text goes to the host (`wcl_fail` makes one). Where
/// the broker redelivers, the message comes again, up to `max-deliveries` times (MSG-M05). `context` is what was registered.
typedef wcl_status (*wcl_handler)(void *context, wcl_message *message);

/// One entry in the program's list of handlers. Its fields are the library's.
typedef struct wcl_registration {
  const char *topic;
  wcl_handler handler;
  void *context;
  struct wcl_registration *next;
} wcl_registration;

/// Has messages of a topic handled, or with a `topic` of NULL those that no other handler takes: for topics that are known only
/// at run time. Nothing records these, so the host subscribes to the topics of its own configuration.
///
/// Call it before the host delivers, in an `__attribute__((constructor))` function, and natively not from two threads at once.
/// `registration`, `topic` and `context` are borrowed for ever: let them be static, with a registration of its own for each
/// topic. The order does not matter; a message on a topic that has two handlers is an error. Aborts if a registration is given
/// twice, and if `handler` is NULL.
void wcl_on_message(wcl_registration *registration, const char *topic, wcl_handler handler, void *context);

#if defined(__wasm__)
#define WCL_RECORD_TOPIC_(topic) \
  __asm__(".section \".custom_section.wasi-cloud:topics\",\"\",@\n.ascii " #topic "\n.ascii \"\\n\"\n.text\n");
#else
#define WCL_RECORD_TOPIC_(topic)
#endif
#define WCL_JOIN_(a, b) a##b
#define WCL_NAME_(prefix, id) WCL_JOIN_(prefix, id)
#define WCL_ON_MESSAGE_(id, topic, message)                                                                              \
  static wcl_status WCL_NAME_(wcl_on_message_, id)(wcl_message * message);                                              \
  static wcl_status WCL_NAME_(wcl_on_message_call_, id)(void *context, wcl_message *given) {                            \
    (void)context;                                                                                                      \
    return WCL_NAME_(wcl_on_message_, id)(given);                                                                       \
  }                                                                                                                     \
  WCL_RECORD_TOPIC_(topic)                                                                                              \
  __attribute__((constructor)) static void WCL_NAME_(wcl_on_message_register_, id)(void) {                              \
    static wcl_registration registration;                                                                               \
    wcl_on_message(&registration, "" topic, WCL_NAME_(wcl_on_message_call_, id), NULL);                                 \
  }                                                                                                                     \
  static wcl_status WCL_NAME_(wcl_on_message_, id)(wcl_message * message)

/// Defines the handler of a topic, one a line. `topic` is a string literal without prefix and without escapes but `\"`; it is
/// recorded in the component, and the host subscribes to it unless its configuration says otherwise (MSG-M12). `message` names
/// the parameter, a `wcl_message *`. A message on a topic that no handler takes, or two, is an error.
///
/// Files with handlers have to be linked as objects: of a static library a linker takes only the files that something names, and
/// nothing names a handler.
///
///     WCL_ON_MESSAGE("ping", message) {
///       return wcl_publish("pong", "pong", 4);
///     }
#define WCL_ON_MESSAGE(topic, message) WCL_ON_MESSAGE_(__LINE__, topic, message)

#ifdef __cplusplus
}
#endif
#endif
