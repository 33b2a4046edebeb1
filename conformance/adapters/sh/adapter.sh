#!/bin/sh
# The least that an adapter can be, for the command line of wasi-cloud: guests on key-value stores in SQLite files, one request at a
# time, and no controls. It has no JSON parser: what it relies on is promised by docs/adapter-protocol.md.
#   adapter.sh [PROGRAM]
program=${1:-wasi-cloud}
work=$(mktemp -d) || exit 1
trap 'clean "$work"/*; rm -rf "$work"' EXIT

ok() { printf '{"id":%s,"ok":{%s}}\n' "$id" "$1"; }
failed() { printf '{"id":%s,"error":{"kind":"%s","message":"%s"}}\n' "$id" "$1" "$2"; }
# What is a JSON string's inside, and back. No line of a guest has control characters.
escaped() { sed 's/["\\]/\\&/g'; }
unescaped() { sed 's/\\\(["\\]\)/\1/g'; }
# A field of the request that is plain text, and one that is a number.
text() { value=${head#*"\"$1\":\""}; value=${value%%'"'*}; }
number() { value=${head#*"\"$1\":"}; value=${value%%[!0-9]*}; }

deploy() {
  mkdir "$dir" &&
    printf %s "$request" | tr '{' '\n' | sed -n 's/^"capability":"keyvalue","label":"\([^"]*\)".*/\1/p' >"$dir/labels" &&
    printf '%s\n' "$request" | sed 's/.*"grants":\[\([^]]*\)\].*/\1/' | tr -d '"' | tr , '\n' >"$dir/grants"
}

start() { # COMPONENT
  set -- run "$1"
  while read -r label; do set -- "$@" "--link=keyvalue:$label=sqlite://$dir/$label.db#$label"; done <"$dir/labels"
  while read -r grant; do set -- "$@" "--grant=$grant"; done <"$dir/grants"
  mkfifo "$guest.in" && echo "$guest" >"$work/guest-${guest##*/}" || return
  { "$program" "$@" <"$guest.in" 2>"$guest.err" & echo $! >"$guest.pid"; wait $!; echo $? >"$guest.code"; } | answers &
  # Now it can be ended.
  until [ -s "$guest.pid" ]; do :; done
}

# Answers for a guest as long as it prints, and once more if it ends before it answered. It holds the other end of the guest's input.
answers() {
  while IFS= read -r seen; do
    id=$(cat "$guest.asked") && rm "$guest.asked"
    ok "\"line\":\"$(printf '%s\n' "$seen" | escaped)\""
  done 3<>"$guest.in"
  : >"$guest.over"
  ended
}

# Whoever takes the request away answers it.
ended() {
  mv "$guest.asked" "$guest.taken" 2>/dev/null || return
  id=$(cat "$guest.taken") code=$(cat "$guest.code")
  case $code in 0 | 1) kind=guest-ended ;; 124 | 134 | 137) kind=trap ;; *) kind=host-died ;; esac
  failed "$kind" "exit code $code: $(tail -n 3 "$guest.err" | tr '\n\t' '  ' | escaped)"
}

exec_() { # reads the line
  [ -p "$guest.in" ] || { failed guest-ended "there is no such guest"; return; }
  echo "$id" >"$guest.asked"
  # Both ways, so that a guest that is gone keeps nobody waiting.
  unescaped 1<>"$guest.in"
  if [ -e "$guest.over" ]; then ended; fi
}

clean() { # DIR...
  for dir; do
    for pid in "$dir"/*.pid; do
      [ -e "$pid" ] || continue
      kill "$(cat "$pid")" 2>/dev/null
      until [ -e "${pid%.pid}.over" ]; do :; done
    done
    rm -rf "$dir"
  done
}

while IFS= read -r request; do
  case $request in '{"id":'*'"call":"'*'}') ;; *) echo "this is no request" >&2; continue ;; esac
  # Shells search long texts slowly.
  head=${request%%'"line":"'*}
  number id; id=$value
  text deployment; dir=$work/$value
  number guest; name=$value
  [ -e "$work/guest-$name" ] && dir=$(dirname "$(cat "$work/guest-$name")")
  guest=$dir/$name
  text call
  case $value in
    hello) ok "\"protocol\":1,\"name\":\"wasi-cloud run\",\"version\":\"$("$program" --version)\",\"at-once\":1" ;;
    deploy) if deploy; then ok; else failed setup "no folder"; fi ;;
    start) text component; if start "$value"; then ok; else failed setup "no pipe"; fi ;;
    exec) line=${request#*'"line":"'}; printf '%s\n' "${line%'"}'}" | exec_ ;;
    end) [ -e "$guest.pid" ] && kill "$(cat "$guest.pid")" 2>/dev/null; ok ;;
    clean) clean "$dir"; ok ;;
    bye) ok; exit ;;
    *) failed unsupported "no request of this name is known here" ;;
  esac
done
