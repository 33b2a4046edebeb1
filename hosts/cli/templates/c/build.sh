#!/bin/sh
# Builds {{wasm}}.
#
#   CC, AR      a C toolchain for WebAssembly   [default: zig, as `pip install ziglang` installs it]
#   LDFLAGS     what its linker wants besides   [for a program with a `main`, clang of Debian 12 wants -nostartfiles]
#   WASI_CLOUD  a clone of wasi-cloud           [default: {{sdk}}]
set -eu
cd "$(dirname "$0")"
: "${CC:=python3 -m ziglang cc -target wasm32-wasi}" "${AR:=python3 -m ziglang ar}" "${LDFLAGS:=}" "${WASI_CLOUD:={{sdk}}}"
export CC AR

# A library of another toolchain does not link: after a change of CC remove the folder `build`.
[ -f build/sdk/lib/libwasi_cloud.a ] || sh "$WASI_CLOUD/sdk-c/build.sh" build/sdk
# shellcheck disable=SC2086 # CC and LDFLAGS are lists of words.
$CC -Oz -s{{link}} {{sources}} -Ibuild/sdk/include -Lbuild/sdk/lib -lwasi_cloud $LDFLAGS -o build/module.wasm
wasi-cloud componentize build/module.wasm -o {{wasm}}
