#!/bin/sh
# Tests it on this machine, without WebAssembly and without a host: memory stands behind every label.
#
#   SANITIZE           flags of the sanitizers, or nothing   [default: -fsanitize=address,undefined]
#   WASI_CLOUD         a clone of wasi-cloud                 [default: {{sdk}}]
#   WASI_CLOUD_NATIVE  the SDK's native twin                 [default: built of the clone, with Rust]
set -eu
cd "$(dirname "$0")"
: "${SANITIZE=-fsanitize=address,undefined}" "${WASI_CLOUD:={{sdk}}}"
if [ -z "${WASI_CLOUD_NATIVE:-}" ]; then
  cargo build --quiet --release --manifest-path "$WASI_CLOUD/Cargo.toml" -p wasi-cloud-sdk-c
  WASI_CLOUD_NATIVE=$WASI_CLOUD/target/release/libwasi_cloud_native.a
fi
mkdir -p build
# shellcheck disable=SC2086 # SANITIZE is a list of words.
cc -g $SANITIZE {{tested}} -I"$WASI_CLOUD/sdk-c/include" "$WASI_CLOUD"/sdk-c/src/*.c "$WASI_CLOUD"/sdk-c/gen/*.c \
  "$WASI_CLOUD_NATIVE" -lpthread -ldl -lm -o build/test
./build/test
echo ok
