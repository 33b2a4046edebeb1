//! What the helps of commands end with. No line has more than 98 columns: clap would break it, and a command with it.

pub const RUN: &str = "\
Examples:
  Run a command on a store that lasts, in .wasi-cloud/keyvalue.db of the current folder:
    wasi-cloud run counter.wasm --link keyvalue:default --grant keyvalue:default

  Run a command on a store in this process:
    wasi-cloud run counter.wasm --link keyvalue:default=memory --grant keyvalue:default

  Run it on Redis, in the bucket `sessions`, where it may only read:
    wasi-cloud run report.wasm --grant keyvalue:default:read \\
      --link 'keyvalue:default=redis://localhost/0#sessions'

  Handle messages until Ctrl-C:
    wasi-cloud run worker.wasm --link messaging:default=redis://localhost \\
      --grant-linked --topic ping --group workers

  Answer HTTP requests until Ctrl-C:
    wasi-cloud run site.wasm --http 127.0.0.1:8080

  Call a function that a component exports, and print its result:
    wasi-cloud run primes.wasm --invoke 'primes(10)'

  Run what is in a registry, as long as it is this one:
    wasi-cloud run oci://registry.example/team/app@sha256:...

  Serve what ./wasi-cloud.toml describes:
    wasi-cloud serve

  Run what GOOS=wasip1 GOARCH=wasm go build made; it may read one folder and see one variable:
    wasi-cloud run tool.wasm --dir-ro ./data::/data --env LANG=C -- --verbose /data/in.txt";

/// The text begins on this line, since a backslash would take its indentation away.
pub const MAKE: &str = "  Build a Go program, the one in the folder `worker`, and make worker.wasm of it:
    wasi-cloud componentize ./worker

  Make a component of what stock Go, C or Rust for wasip1 compiles to:
    wasi-cloud componentize module.wasm --wit wit --world service -o app.wasm";

pub const COMPONENTIZE: &str = "\
Examples:
  Build the Go program in the current folder, and make a component of it, named after its module:
    wasi-cloud componentize .

  Another main package of the module, to a file of its own:
    wasi-cloud componentize ./cmd/worker -o build/worker.wasm

  A core module that has no world in it:
    wasi-cloud componentize module.wasm --wit wit --world service -o app.wasm

A Go folder needs Go 1.26 or newer. The worlds are in the `world.wit` files that bindgen-go wrote
beside the packages that the program imports. If the program exports nothing of them, it is a
command, and the component runs its main function; else main is not called. Flags for the
compiler go into GOFLAGS.";

pub const INSPECT: &str = "\
Examples:
  What is it, what does it need, and how do I run it?
    wasi-cloud inspect app.wasm

  The grants that it needs, for a script:
    wasi-cloud inspect app.wasm --json | jq -r '.grants[].grant'

What the JSON holds; within a `shape`, fields may be added, and nothing else changes:
  shape         1
  file          the file, as it was given
  kind          \"component\" or \"module\"
  size          of the file, in bytes
  runs          as what: \"command\", \"messages\", \"http\", \"functions\", \"program\"
  imports       names of WIT interfaces with versions, or of a core module's imports
  exports       the same
  functions     what `run --invoke` can call, with types
  topics        the topics recorded in it, to which `run` subscribes
  capabilities  what it uses of \"config\", \"keyvalue\" and \"messaging\"
  wasi          what it uses of WASI besides, such as \"cli\" and \"http\"
  grants        [{grant, exact}]: if not exact, `*` is for names that only the code knows
  claims        what `wasi-cloud verify --json` tells, or null if it is not signed
  missing       [{import, hint}]: what this host has not, and what to do
  refused       [{import, hint}]: what is there, but refuses all calls
  problem       why this host cannot run it, or null
  producers     {language, processed-by, sdk: [{name, version}]}: anyone can write them

Of a core module that carries its world, imports and exports are those of the component
that `run` makes of it.

Exit codes:
    0  it was read; whether this host can run it is in `problem`
    2  wrong usage
  125  no such file, not WebAssembly, or damaged";

pub const EXIT_CODES: &str = "\
Exit codes:
  a command's own, if it ended by itself: a component can say 0 and 1, a core module all codes
  with --invoke 1 for the err of a result, 0 for all else
  0 for a service that was stopped
    2  wrong usage, --invoke with no such function or wrong arguments included
  124  the guest executed longer than --deadline without calling the host
  125  wasi-cloud failed: no such file, not a component, refused claims, a backend that does not
       answer
  134  the guest trapped
  137  the guest trapped because it needed more memory than --memory
  143  a second signal ended the service before its handlers were done";
