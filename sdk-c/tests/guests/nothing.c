#include <wasi_cloud.h>

int main(void) { return 0; }
