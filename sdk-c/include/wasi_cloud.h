/// Cloud services for WebAssembly components: key-value storage, messages, configuration.
///
/// What is written against this runs on every host that has the WASI interfaces, and on this machine against
/// libwasi_cloud_native.a. A program imports only the packages whose functions it calls.
///
/// Everything here holds for all capabilities:
///
/// - Every call returns a `wcl_status`; 0 is success. After a failure `wcl_errmsg()` has the text.
/// - What goes in is borrowed for the call: bytes and texts by pointer and length, handles by pointer.
/// - What comes out is the caller's, to be freed by the function that its type names. That function takes NULL and what is
///   freed already. An output is overwritten, not freed, so give a fresh one; after a failure it is empty.
/// - A `const char *` is UTF-8 with a zero behind it. Its twin with the suffix `_n` takes a length in bytes and no zero, and
///   so may contain one. Text that is not UTF-8 is `WCL_INVALID`, and the host is not asked; so is NULL, except with a length of 0.
/// - Handles, outputs and options are plain structs in which all zero means closed, missing or default: `wcl_bucket b = {0};`.
/// - Where there is no memory for what comes out the program ends, by `abort`.
/// - A call blocks until the host answers, at most for the host's own call timeout.
/// - A WebAssembly component has one thread. Natively, one handle belongs to one thread at a time.
#ifndef WASI_CLOUD_H
#define WASI_CLOUD_H

#include "wasi_cloud/base.h"
#include "wasi_cloud/config.h"
#include "wasi_cloud/keyvalue.h"
#include "wasi_cloud/keyvalue_ext.h"
#include "wasi_cloud/keyvalue_watcher.h"
#include "wasi_cloud/messaging.h"

#endif
