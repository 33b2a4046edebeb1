// What the sources of key-value share. Not installed.
#ifndef WCL_INTERNAL_KEYVALUE_H
#define WCL_INTERNAL_KEYVALUE_H

#include "internal.h"

// What an error of `wasi:keyvalue` is here.
wcl_status wcli_store_failed(wcl_gen_store_error_t *error, wcli_access access);

// Checks and lowers what most functions of a bucket take.
wcl_status wcli_bucket_key(const wcl_bucket *bucket, const void *key, size_t key_len, wcl_gen_store_borrow_bucket_t *self,
                           wcl_gen_string_t *name);
wcl_status wcli_bucket(const wcl_bucket *bucket, wcl_gen_store_borrow_bucket_t *self);

// Hands a page over to the caller.
wcl_page wcli_take_page(wcl_gen_list_string_t keys, wcl_gen_option_string_t cursor);

#endif
