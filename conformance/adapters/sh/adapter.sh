#!/bin/sh
# The suite's side of an adapter in sh: it reads requests, one at a time, and the functions of host.sh, which is beside it, answer them.
# It has no JSON parser: what it relies on is promised by docs/adapter-protocol.md.
#   adapter.sh [ARGUMENT...]      for host.sh

# An answer: the fields of `ok`, or whose failure it is and why.
ok() { printf '{"id":%s,"ok":{%s}}\n' "$id" "$1"; }
failed() { printf '{"id":%s,"error":{"kind":"%s","message":"%s"}}\n' "$id" "$1" "$2"; }
# What is a JSON string's inside, and back. No line of a guest has control characters.
escaped() { sed 's/["\\]/\\&/g'; }
unescaped() { sed 's/\\\(["\\]\)/\1/g'; }
# A field of the request that is plain text, and one that is a number.
text() { value=${head#*"\"$1\":\""}; value=${value%%'"'*}; }
number() { value=${head#*"\"$1\":"}; value=${value%%[!0-9]*}; }

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
. "$here/host.sh"

while IFS= read -r request; do
  case $request in '{"id":'*'"call":"'*'}') ;; *) echo "this is no request" >&2; continue ;; esac
  # Shells search long texts slowly.
  head=${request%%'"line":"'*}
  number id; id=$value
  text deployment; deployment=$value
  number guest; guest=$value
  text component; component=$value
  text call
  case $value in
    hello | deploy | start | end | clean) "$value" ;;
    exec) line=${request#*'"line":"'}; line=${line%'"}'}; execute ;;
    bye) ok; exit ;;
    *) failed unsupported "no request of this name is known here" ;;
  esac
done
