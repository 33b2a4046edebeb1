#include <wasi_cloud.h>

// Adds to the counter. Nothing is lost, however many programs add at once.
wcl_status count(int64_t amount, int64_t *sum);
