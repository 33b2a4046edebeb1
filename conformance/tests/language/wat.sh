#!/bin/sh
# WebAssembly text as a language of the suite: docs/certify-your-sdk.md, "A language by a script".
#
# There is one driver, keyvalue.wat beside this file, with bindings by hand. ASSEMBLER is what makes a component of text and of a
# world; elsewhere `wasm-tools` does. What it says goes to standard error: on standard output stands what the driver does not carry.
set -eu
verb=$1 dir=$2 here=${0%/*}

case $verb in
prepare)
    "$ASSEMBLER" --version >&2
    ;;
bindgen)
    # There is nothing to generate, but the world is needed later.
    echo "$3" > "$dir/wit"
    ;;
compile)
    driver=$3 wasm=$4
    [ -f "$here/$driver.wat" ] || exit 77
    "$ASSEMBLER" --assemble "$(cat "$dir/wit")" "$driver" "$here/$driver.wat" "$wasm" >&2
    printf '%s\n' atomics batch cas
    ;;
verify)
    "$ASSEMBLER" --validate "$3" >&2
    ;;
esac
