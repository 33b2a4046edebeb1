// What the host calls with a message. A program that registers no handler does not link this, and exports nothing.

#include "messaging.h"

#include <stdlib.h>

// Complete before the host calls, and only read afterwards.
static wcl_registration *registrations;

// The generated export. Naming it links it, and with it the type of a component that handles messages.
uint8_t *__wasm_export_exports_wcl_gen_handler_handle(int32_t message);
extern uint8_t *(*const wcli_export)(int32_t);
uint8_t *(*const wcli_export)(int32_t) = __wasm_export_exports_wcl_gen_handler_handle;

void wcl_on_message(wcl_registration *registration, const char *topic, wcl_handler handler, void *context) {
  // A mistake of the program's, which would go on for ever later: it ends here.
  if (!handler) abort();
  for (const wcl_registration *one = registrations; one; one = one->next) {
    if (one == registration) abort();
  }
  *registration = (wcl_registration){.topic = topic, .handler = handler, .context = context, .next = registrations};
  registrations = registration;
}

// A text of up to three parts, as the last failure.
static wcl_status fail(wcl_status status, const char *before, const wcl_str *topic, const char *after) {
  char text[512] = "";
  size_t space = sizeof text - 1;
  strncat(text, before, space);
  strncat(text, topic->ptr ? topic->ptr : "", space - strlen(text));
  strncat(text, after, space - strlen(text));
  return wcl_fail(status, text);
}

// The handler of a topic, or else the one for all other topics.
static wcl_status find(const wcl_str *topic, const wcl_registration **out) {
  const wcl_registration *own = NULL, *other = NULL;
  for (const wcl_registration *one = registrations; one; one = one->next) {
    bool is_own = one->topic && topic->ptr && strlen(one->topic) == topic->len &&
                  memcmp(one->topic, topic->ptr, topic->len) == 0;
    if (one->topic && !is_own) continue;
    const wcl_registration **place = is_own ? &own : &other;
    if (*place) return fail(WCL_INVALID, "two handlers for the topic `", topic, "`");
    *place = one;
  }
  *out = own ? own : other;
  if (*out) return WCL_OK;
  return topic->ptr ? fail(WCL_NOT_FOUND, "no handler for the topic `", topic, "`")
                    : wcl_fail(WCL_INVALID, "the message names no topic");
}

// Hands a message to its handler.
static wcl_status handle(wcl_message *message) {
  wcl_str topic;
  WCLI_TRY(wcl_message_topic(message, &topic));
  const wcl_registration *found;
  wcl_status status = find(&topic, &found);
  wcl_str_free(&topic);
  WCLI_TRY(status);
  wcli_forget();
  return wcli_outcome(found->handler(found->context, message));
}

// What the host gets to see of a failure: the text, and the kind if it tells more than the text.
static void tell(wcl_status status, wcl_gen_string_t *out) {
  const char *reason = wcl_errmsg(), *kind = status == WCL_OTHER && *reason ? "" : wcl_status_name(status);
  size_t reason_len = strlen(reason), kind_len = strlen(kind);
  bool both = kind_len > 0 && reason_len > 0;
  out->len = kind_len + (both ? 2 : 0) + reason_len;
  out->ptr = (uint8_t *)malloc(out->len);
  if (!out->ptr) abort();
  memcpy(out->ptr, kind, kind_len);
  if (both) memcpy(out->ptr + kind_len, ": ", 2);
  memcpy(out->ptr + out->len - reason_len, reason, reason_len);
}

// Also for the native twin, which has the test see the status itself.
wcl_status wcli_handle(int32_t given);

wcl_status wcli_handle(int32_t given) {
  wcl_message message = {given};
  wcl_status status = handle(&message);
  wcl_message_close(&message);
  return status;
}

bool exports_wcl_gen_handler_handle(exports_wcl_gen_handler_own_message_t given, exports_wcl_gen_handler_error_t *err) {
  wcl_status status = wcli_handle(given.__handle);
  if (!status) return true;
  err->tag = WCL_GEN_MESSAGING_ERROR_OTHER;
  tell(status, &err->val.other);
  return false;
}
