// What the sources of messaging share. Not installed.
#ifndef WCL_INTERNAL_MESSAGING_H
#define WCL_INTERNAL_MESSAGING_H

#include "internal.h"

// What an error of `wasi:messaging` is here.
wcl_status wcli_messaging_failed(wcl_gen_messaging_error_t *error, wcli_access access);

// Checks and lowers a message.
wcl_status wcli_message(const wcl_message *message, wcl_gen_messaging_borrow_message_t *self);

// Takes a message out of the caller's hands; it is closed then.
wcl_status wcli_take_message(wcl_message *message, wcl_gen_messaging_own_message_t *own);

#endif
