#include <wasi_cloud.h>

int main(void) {
  wcl_str value;
  wcl_status status = wcl_config_get("key", &value);
  wcl_str_free(&value);
  return status != WCL_OK;
}
