#include "driver.h"

#include <stdio.h>

static wcl_status empty(uint32_t number) {
  char text[32];
  snprintf(text, sizeof text, "slot %lu is empty", (unsigned long)number);
  return wcl_fail(MISUSED, text);
}

static struct slot *find(const slots *slots, uint32_t number) {
  for (size_t i = 0; i < slots->len; i++) {
    if (slots->at[i].number == number) return &slots->at[i];
  }
  return NULL;
}

int32_t slots_put(slots *slots, uint32_t number, int32_t handle) {
  struct slot *slot = find(slots, number);
  int32_t old = slot ? slot->handle : 0;
  if (!slot) {
    slots->at = (struct slot *)realloc(slots->at, (slots->len + 1) * sizeof *slots->at);
    if (!slots->at) abort();
    slot = &slots->at[slots->len++];
  }
  *slot = (struct slot){.number = number, .handle = handle};
  return old;
}

wcl_status slots_get(const slots *slots, uint32_t number, int32_t *handle) {
  const struct slot *slot = find(slots, number);
  if (!slot) return empty(number);
  *handle = slot->handle;
  return WCL_OK;
}

wcl_status slots_take(slots *slots, uint32_t number, int32_t *handle) {
  struct slot *slot = find(slots, number);
  if (!slot) return empty(number);
  *handle = slot->handle;
  *slot = slots->at[--slots->len];
  return WCL_OK;
}

int32_t slots_pop(slots *slots) {
  if (slots->len > 0) return slots->at[--slots->len].handle;
  free(slots->at);
  slots->at = NULL;
  return 0;
}

void *allocated(size_t count, size_t size) {
  if (count == 0) return NULL;
  void *memory = calloc(count, size);
  if (!memory) abort();
  return memory;
}

uint8_t *copied(const void *ptr, size_t len) {
  uint8_t *copy = (uint8_t *)allocated(len, 1);
  if (len > 0) memcpy(copy, ptr, len);
  return copy;
}
