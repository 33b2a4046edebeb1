// Adds its argument, or 1, to a counter, and prints the sum.

#include "count.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  char *end = "";
  errno = 0;
  int64_t amount = argc > 1 ? strtoll(argv[1], &end, 10) : 1, sum;
  if (*end || errno || (argc > 1 && end == argv[1])) {
    fprintf(stderr, "{{name}}: give a number to add, such as 5\n");
    return EXIT_FAILURE;
  }
  wcl_status status = count(amount, &sum);
  if (status) {
    fprintf(stderr, "{{name}}: %s: %s\n", wcl_status_name(status), wcl_errmsg());
    return EXIT_FAILURE;
  }
  printf("%" PRId64 "\n", sum);
  return EXIT_SUCCESS;
}
