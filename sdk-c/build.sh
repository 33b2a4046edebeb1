#!/bin/sh
# Builds the C SDK: one header, one library.
#
#   sh build.sh PREFIX [NAME=VALUE ...]
#
# puts the headers into PREFIX/include, libwasi_cloud.a into PREFIX/lib, and what pkg-config and CMake read beside it. The
# folder may be moved. Each setting may as well be a variable of the environment.
#
#   CC      the compiler   [default: python3 -m ziglang cc -target wasm32-wasi]
#   AR      the archiver   [default: python3 -m ziglang ar]
#   CFLAGS  its flags      [default: -Oz]
#
#   sh build.sh ~/wasi-cloud                                                    # zig, as pip installs it
#   sh build.sh ~/wasi-cloud CC='clang --target=wasm32-wasi' AR=llvm-ar         # clang, lld and wasi-libc
#   sh build.sh ~/wasi-cloud CC=$WASI_SDK/bin/clang AR=$WASI_SDK/bin/llvm-ar    # wasi-sdk
set -eu

case "${1:-}" in
  '' | -h | --help) sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p;}' "$0"; exit $((${#} == 0 ? 2 : 0)) ;;
esac
prefix=$1; shift
for setting in "$@"; do
  case "$setting" in
    CC=* | AR=* | CFLAGS=*) eval "${setting%%=*}=\${setting#*=}" ;;
    *) echo "build.sh: \`$setting\` is no setting; see sh build.sh --help" >&2; exit 2 ;;
  esac
done
: "${CC:=python3 -m ziglang cc -target wasm32-wasi}" "${AR:=python3 -m ziglang ar}" "${CFLAGS:=-Oz}"

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck disable=SC2086 # CC and CFLAGS are lists of words.
if ! $CC $CFLAGS -dM -E -x c /dev/null | grep __wasm__ > /dev/null; then
  echo "build.sh: CC=\`$CC\` does not compile for WebAssembly; set CC and AR, see sh build.sh --help" >&2
  exit 1
fi

mkdir -p "$prefix/lib/pkgconfig" "$prefix/lib/cmake/wasi_cloud" "$prefix/include"
prefix=$(cd "$prefix" && pwd)
objects=$(mktemp -d)
trap 'rm -r "$objects"' EXIT

for source in "$here"/start.c "$here"/src/*.c "$here"/gen/*.c; do
  name=${source##*/}
  # shellcheck disable=SC2086
  $CC $CFLAGS -std=c11 -c "$source" -o "$objects/${name%.c}.o"
done
cp "$here"/gen/*.o "$objects"
rm -f "$prefix/lib/libwasi_cloud.a"
# shellcheck disable=SC2086
$AR rcs "$prefix/lib/libwasi_cloud.a" "$objects"/*.o

cp -R "$here/include/." "$prefix/include"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../Cargo.toml" | head -n 1)
sed "s|@version@|$version|" "$here/wasi_cloud.pc.in" > "$prefix/lib/pkgconfig/wasi_cloud.pc"
cp "$here/wasi_cloud-config.cmake" "$prefix/lib/cmake/wasi_cloud"
sed "s|@version@|$version|" "$here/wasi_cloud-config-version.cmake.in" > "$prefix/lib/cmake/wasi_cloud/wasi_cloud-config-version.cmake"

# An archiver of another toolchain makes an archive that the linker cannot read.
echo '#include <wasi_cloud.h>
int main(void) { wcl_bucket bucket; return (int)wcl_bucket_open("default", &bucket); }' > "$objects/linked.c"
# shellcheck disable=SC2086
if ! $CC $CFLAGS "$objects/linked.c" -I"$prefix/include" -L"$prefix/lib" -lwasi_cloud -o "$objects/linked.wasm"; then
  echo "build.sh: the library does not link; take CC and AR=\`$AR\` from one toolchain" >&2
  exit 1
fi
echo "$prefix/lib/libwasi_cloud.a"
