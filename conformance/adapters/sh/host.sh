# The command line of wasi-cloud: guests on key-value stores in SQLite files, and no controls.
program=${1:-wasi-cloud}
work=$(mktemp -d) || exit 1
trap 'remove "$work"/*; rm -rf "$work"' EXIT

hello() { ok "\"protocol\":1,\"name\":\"wasi-cloud run\",\"version\":\"$("$program" --version)\",\"at-once\":1"; }

deploy() {
  dir=$work/$deployment
  if mkdir "$dir" &&
    printf %s "$request" | tr '{' '\n' | sed -n 's/^"capability":"keyvalue","label":"\([^"]*\)".*/\1/p' >"$dir/labels" &&
    printf '%s\n' "$request" | sed 's/.*"grants":\[\([^]]*\)\].*/\1/' | tr -d '"' | tr , '\n' >"$dir/grants"
  then ok; else failed setup "no folder"; fi
}

start() {
  dir=$work/$deployment at=$work/$deployment/$guest
  set -- run "$component"
  while read -r label; do set -- "$@" "--link=keyvalue:$label=sqlite://$dir/$label.db#$label"; done <"$dir/labels"
  while read -r grant; do set -- "$@" "--grant=$grant"; done <"$dir/grants"
  mkfifo "$at.in" && echo "$at" >"$work/guest-$guest" || { failed setup "no pipe"; return; }
  { "$program" "$@" <"$at.in" 2>"$at.err" & echo $! >"$at.pid"; wait $!; echo $? >"$at.code"; } | answers &
  # Now it can be ended.
  until [ -s "$at.pid" ]; do :; done
  ok
}

# Answers for a guest as long as it prints, and once more if it ends before it answered. It holds the other end of the guest's input.
answers() {
  while IFS= read -r seen; do
    id=$(cat "$at.asked") && rm "$at.asked"
    ok "\"line\":\"$(printf '%s\n' "$seen" | escaped)\""
  done 3<>"$at.in"
  : >"$at.over"
  ended
}

# Whoever takes the request away answers it.
ended() {
  mv "$at.asked" "$at.taken" 2>/dev/null || return
  id=$(cat "$at.taken") code=$(cat "$at.code")
  case $code in 0 | 1) kind=guest-ended ;; 124 | 134 | 137) kind=trap ;; *) kind=host-died ;; esac
  failed "$kind" "exit code $code: $(tail -n 3 "$at.err" | tr '\n\t' '  ' | escaped)"
}

# Where the files of the guest are.
found() { [ -e "$work/guest-$guest" ] && at=$(cat "$work/guest-$guest"); }

execute() {
  if ! found || ! [ -p "$at.in" ]; then failed guest-ended "there is no such guest"; return; fi
  echo "$id" >"$at.asked"
  # Both ways, so that a guest that is gone keeps nobody waiting.
  printf '%s\n' "$line" | unescaped 1<>"$at.in"
  if [ -e "$at.over" ]; then ended; fi
}

end() {
  if found && [ -e "$at.pid" ]; then kill "$(cat "$at.pid")" 2>/dev/null; fi
  ok
}

clean() { remove "$work/$deployment"; ok; }

remove() { # DIR...
  for dir; do
    for pid in "$dir"/*.pid; do
      [ -e "$pid" ] || continue
      kill "$(cat "$pid")" 2>/dev/null
      until [ -e "${pid%.pid}.over" ]; do :; done
    done
    rm -rf "$dir"
  done
}
