# Starts the suite's guests on my-host: a function for each request. Fill in what says `todo`, from top to bottom; adapter.sh does the rest.
#
# Each gives one answer: `ok`, `ok '"line":"..."'`, or `failed KIND MESSAGE`. The request's fields are $deployment, $guest, $component and
# $line; all of it is $request. What each request owes, and which controls could be added:
# https://github.com/wasi-cloud/wasi-cloud/blob/main/docs/adapter-protocol.md

todo() { failed unsupported "not implemented: fill in \`$1\` in host.sh"; }

# The version stands in reports.
hello() { ok '"protocol":1,"name":"my-host","version":"unknown","at-once":1'; }

# A case begins: each of "links" in $request is a store, empty and of this deployment alone; "grants" are what guests may use, and
# "config" is what wasi:config shows.
deploy() { todo deploy; }

# Runs the component at the path $component, as $guest of $deployment. Keep its standard input and output open, in pipes.
start() { todo start; }

# Hands a line to $guest, `printf '%s\n' "$line" | unescaped`, and answers with the line that it prints, `escaped`. Of one that trapped
# the KIND is `trap`, of one that ended `guest-ended`, and where the host died `host-died`.
execute() { todo execute; }

# Ends $guest. One that is not there is no error.
end() { ok; }

# The case is over: ends the guests of $deployment and deletes its data. One that is not there is no error.
clean() { ok; }
