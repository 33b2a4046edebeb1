// C++17, without its standard library, which not every toolchain for WebAssembly has.

#include <wasi_cloud.h>

namespace {

struct bucket {
  wcl_bucket raw{};
  bucket() = default;
  bucket(const bucket &) = delete;
  bucket &operator=(const bucket &) = delete;
  ~bucket() { wcl_bucket_close(&raw); }
};

wcl_status doubled(bucket &numbers) {
  return wcl_bucket_update(
      &numbers.raw, "doubled",
      [](void *, const wcl_bytes *current, wcl_bytes *next) {
        auto [ptr, len] = *current;
        return len == 0 ? wcl_bytes_copy("x", 1, next) : wcl_bytes_copy(ptr, len, next);
      },
      nullptr);
}

}  // namespace

WCL_ON_MESSAGE("plus", message) {
  wcl_bytes data{};
  if (auto status = wcl_message_data(message, &data)) return status;
  wcl_bytes_free(&data);
  bucket numbers;
  if (auto status = wcl_bucket_open("default", &numbers.raw)) return status;
  if (auto status = doubled(numbers)) return status;
  return wcl_publish("seen", "c++", 3);
}
