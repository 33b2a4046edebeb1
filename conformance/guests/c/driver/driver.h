// What the drivers have in common: slots, and memory for what they show.
//
// A driver carries out operations only through the SDK, each by the one function that stands for the WIT function, and
// shows what the SDK returned. It decides nothing, so that what the suite sees is the SDK and the host.
#ifndef DRIVER_H
#define DRIVER_H

#include <stdlib.h>
#include <wasi_cloud/base.h>

// An outcome beside the SDK's own: the suite named an empty slot. `wcl_errmsg` says which.
#define MISUSED ((wcl_status)(WCL_OTHER + 1))

// Leaves a step with the first outcome that is no success.
#define TRY(call)                 \
  do {                            \
    wcl_status status_ = (call);  \
    if (status_) return status_;  \
  } while (0)

// What the line calls a text or bytes, as the two arguments that the SDK takes for one.
#define TEXT(text) (const char *)(text).ptr, (text).len
#define BYTES(bytes) (bytes).ptr, (bytes).len

// Handles of one type, by the numbers that the suite chose. All zero has none.
typedef struct slots {
  struct slot {
    uint32_t number;
    int32_t handle;
  } * at;
  size_t len;
} slots;

// Fills a slot, and returns what was in it: a closed handle if it was empty.
int32_t slots_put(slots *slots, uint32_t number, int32_t handle);

// What is in a slot. `MISUSED` if it is empty.
wcl_status slots_get(const slots *slots, uint32_t number, int32_t *handle);

// Empties a slot. `MISUSED` if it is empty already.
wcl_status slots_take(slots *slots, uint32_t number, int32_t *handle);

// Empties any slot: 0 if there is none.
int32_t slots_pop(slots *slots);

// Memory for `count` things. There is always some: who has none ends.
void *allocated(size_t count, size_t size);

// A copy for the line, which frees its memory itself, and has none for what is empty.
uint8_t *copied(const void *ptr, size_t len);

// Shows text or bytes of the SDK's, which stay to be freed.
#define SHOW(to, from) ((to).ptr = copied((from).ptr, (from).len), (to).len = (from).len)

#endif
