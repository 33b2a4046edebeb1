#include <wasi_cloud.h>

int main(void) { return wcl_publish("topic", "data", 4) != WCL_OK; }
