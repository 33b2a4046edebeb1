/// A cloud in the test's own process, for programs that link libwasi_cloud_native.a. There is none in a component.
///
/// Each thread has a cloud of its own, made when it is first used: an empty one in which everything is granted and every label
/// is linked to memory. So nothing needs to be set up: open a bucket and use it. A `wcl_cloud` of the test's own can look at
/// what was sent, deliver messages to the program's handlers, refuse things, move time, and make calls fail:
///
///     wcl_cloud cloud;
///     assert(wcl_cloud_new(NULL, &cloud) == WCL_OK);
///     assert(wcl_cloud_deliver(&cloud, "ping", "hello", 5) == WCL_OK);
///     wcl_messages sent;
///     assert(wcl_cloud_published(&cloud, &sent) == WCL_OK && sent.len == 1);
///     wcl_messages_free(&sent);
///     wcl_cloud_close(&cloud);
///
/// Calls fail as they do on a host: with the cases that each package has. What a host traps for, such as a handle that is used
/// after it was closed, ends the program with one line on stderr.
///
/// The functions here do not block, except as a handler does, and fail with `WCL_INVALID` only: for a closed cloud, for text
/// that is NULL or not UTF-8, and for what each says of itself. Texts are borrowed and copied.
#ifndef WASI_CLOUD_TESTING_H
#define WASI_CLOUD_TESTING_H

#ifdef __wasm__
#error "wasi_cloud/testing.h is for tests on this machine: leave it out of what is built for WebAssembly"
#endif

#include "messaging.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A cloud. It is the current one of the thread that made it until it is closed; of several on one thread the youngest is the
/// current one. What was stored lives as long as the cloud does.
typedef struct wcl_cloud {
  int32_t handle;
} wcl_cloud;

/// One configured value.
typedef struct wcl_cloud_value {
  const char *key;
  const char *value;
} wcl_cloud_value;

/// How a cloud differs from a generous one. All zero means that it does not. Lists of names end with NULL, and a name is
/// `capability:label`, such as `keyvalue:default`:
///
///     const char *deny[] = {"keyvalue:secrets", NULL};
///     wcl_cloud_options options = {.deny = deny};
typedef struct wcl_cloud_options {
  /// Grant these rules and nothing else, as on a host: `keyvalue:default`, `messaging:events:read`. NULL grants everything.
  const char *const *grants;
  /// Refuse all access to these, whatever is granted.
  const char *const *deny;
  /// Link these and nothing else, each to data of its own. NULL links every label when it is first named.
  const char *const *links;
  /// Link these to nothing. `wasi:config` names no label: its link is `config:default`.
  const char *const *unlink;
  /// What is configured; ends with a `key` of NULL.
  const wcl_cloud_value *config;
  /// How long a call lasts at most, in real time; 0 is 30 seconds.
  uint32_t call_timeout_ms;
} wcl_cloud_options;

/// Makes a cloud and makes it the current one of this thread. `options` may be NULL. Close with `wcl_cloud_close`.
/// `WCL_INVALID` if a rule or a name cannot be read.
WCL_MUST_CHECK wcl_status wcl_cloud_new(const wcl_cloud_options *options, wcl_cloud *out);

/// Closes a cloud, and with it goes what was stored. Takes NULL, and what is closed already.
void wcl_cloud_close(wcl_cloud *cloud);

/// Makes this the current cloud of the calling thread, until it is closed or the thread enters or makes another: for code
/// under test that runs on other threads.
WCL_MUST_CHECK wcl_status wcl_cloud_enter(const wcl_cloud *cloud);

/// Replaces what is granted, from the next call on, also for handles that are open. What `deny` refuses stays refused.
/// `rules` ends with NULL. `WCL_INVALID` if a rule cannot be read: then nothing changes.
WCL_MUST_CHECK wcl_status wcl_cloud_grant(const wcl_cloud *cloud, const char *const *rules);

/// Links a label of key-value, such as `keyvalue:default`, to a new and empty store. Open handles go on with the new store;
/// versions and cursors of the old one are `WCL_CONFLICT` there. `WCL_INVALID` for another capability.
WCL_MUST_CHECK wcl_status wcl_cloud_switch(const wcl_cloud *cloud, const char *name);

/// Moves this cloud's time forward, which otherwise stands still: lifetimes of keys go by it.
WCL_MUST_CHECK wcl_status wcl_cloud_advance(const wcl_cloud *cloud, uint64_t ms);

/* Messages */

/// Runs the program's handler with a message of these bytes, received on the topic, as the host would. Returns what the
/// handler returned, and `wcl_errmsg` is its text. The message does not ask for a reply.
WCL_MUST_CHECK wcl_status wcl_cloud_deliver(const wcl_cloud *cloud, const char *topic, const void *data, size_t len);

/// `wcl_cloud_deliver` with any message, which is used up.
WCL_MUST_CHECK wcl_status wcl_cloud_deliver_message(const wcl_cloud *cloud, const char *topic, wcl_message *message);

/// `wcl_cloud_deliver_message` with a message that asks for replies, which are put into `out`; they are lost if the handler
/// fails. Free with `wcl_messages_free`.
WCL_MUST_CHECK wcl_status wcl_cloud_ask(const wcl_cloud *cloud, const char *topic, wcl_message *question,
                                        wcl_messages *out);

/// All messages that were sent so far and accepted, each with the topic that it was sent to, the oldest first. Asking changes
/// nothing. Free with `wcl_messages_free`.
WCL_MUST_CHECK wcl_status wcl_cloud_published(const wcl_cloud *cloud, wcl_messages *out);

/// Answers every later request to this topic with these bytes. Several answers to one topic are all sent. Without any a request
/// is `WCL_UNAVAILABLE`: nobody is there to answer (MSG-M04).
WCL_MUST_CHECK wcl_status wcl_cloud_reply_with(const wcl_cloud *cloud, const char *topic, const void *data, size_t len);

/* Faults */

/// What a fault does to the call that it strikes.
typedef enum wcl_cloud_moment {
  /// The service never hears of the call: nothing happens, and the call fails.
  WCL_FAULT_BEFORE = 0,
  /// The service does the work and its reply is lost: the call fails, and a write may have happened.
  WCL_FAULT_AFTER,
  /// The call is late by `delay_ms` of real time, and does not fail.
  WCL_FAULT_DELAY,
  /// The call gets no answer, and ends with the call timeout.
  WCL_FAULT_HANG
} wcl_cloud_moment;

/// A fault to come. It strikes once: the next call that it fits.
typedef struct wcl_cloud_fault {
  /// `capability:label`; the label `*` fits all.
  const char *name;
  wcl_cloud_moment moment;
  /// Fits this operation only, by its name in WIT: `set`, `list-keys`, `send`. NULL fits all.
  const char *op;
  /// Lets so many calls that it fits pass first.
  uint32_t skip;
  /// The failure is of this kind; 0 is `WCL_UNAVAILABLE`. Code sees of it what the package of the call can say.
  wcl_status kind;
  /// For `WCL_FAULT_DELAY`.
  uint32_t delay_ms;
} wcl_cloud_fault;

/// Lets a call to come fail, be late or hang, so that a test sees what the code does then. `WCL_INVALID` if the name cannot be
/// read.
WCL_MUST_CHECK wcl_status wcl_cloud_inject(const wcl_cloud *cloud, const wcl_cloud_fault *fault);

/// Takes back all faults that have not struck yet. `left`, which may be NULL, gets their number: 0 at the end of a test says
/// that each met the call that it was meant for.
WCL_MUST_CHECK wcl_status wcl_cloud_heal(const wcl_cloud *cloud, size_t *left);

/// How many buckets, snapshots, clients and messages this program holds open. 0 at the end of a test says that none was
/// forgotten.
size_t wcl_cloud_open_handles(void);

#ifdef __cplusplus
}
#endif
#endif
