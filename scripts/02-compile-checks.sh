#!/usr/bin/env bash
#
# Chapter 2, compile checks: what the compiler knows about allocations, inlining and sizes.
# Run all of it, or one section: scripts/02-compile-checks.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# section: ready - What do you need?
ready() {
  cargo database reset 02
  # Ctrl-C in all terminals where a service runs, then in one of them
  cargo run --release -p step-02-compile-checks
}

# section: allocs - How much does a request allocate?
allocs() {
  service 02-compile-checks  #-
  cargo allocs --url "$URL" --debug-url "$DEBUG_URL"
}

# section: lints - What does the linter say?
lints() {
  cargo clippy --release -p step-02-compile-checks --lib --message-format short -- \
    -W clippy::result_large_err -W clippy::large_enum_variant \
    -W clippy::large_futures -W clippy::large_stack_arrays 2>&1 | grep -o 'src/.*warning: .*'
}

# section: compiler - What does the compiler say, at two levels?
compiler() {
  cargo explain step-02-compile-checks | wc -l
  cargo explain step-02-compile-checks --level 2 | wc -l
}

# section: clone exact - What does the app's state allocate?
clone() {
  cargo explain step-02-compile-checks --level 2 --file lib.rs | grep 'Config as Clone'
}

# section: one-change - What does that one line bring?
one-change() {
  cargo workshop checkout --force 02 workbench/02-shared
  cp steps/03-memstats/src/lib.rs workbench/02-shared/src/
  cargo run --release -p workbench-02-shared -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
  cargo allocs --url "$BESIDE_URL" --debug-url "$BESIDE_DEBUG_URL"
  rm -rf workbench/02-shared  #-
}

# section: authorization exact - What does authorization allocate?
authorization() {
  cargo explain step-02-compile-checks --file authorization.rs
}

# section: error exact - What is in an error?
error() {
  cargo explain step-02-compile-checks --level 2 --file error.rs | grep -E 'heap|type'
}

# section: sizes exact - Which types and futures are large?
sizes() {
  cargo explain step-02-compile-checks | grep -E ' (type|future): '
}

# section: authorization-after exact - What does authorization allocate now?
authorization-after() {
  cargo explain step-03-memstats --file authorization.rs
}

# section: sizes-after exact - And the sizes?
sizes-after() {
  cargo explain step-03-memstats --min-size 24 |
    grep -E ' (type: (AppState|Error)|future: async fn images::image),'
}

# section: lints-after exact - And the linter?
lints-after() {
  cargo clippy --release --quiet -p step-03-memstats --lib -- -D warnings && echo "no warnings"
}

# section: start-after - Does the next checkpoint start beside it?
start-after() {
  cargo database reset 03
  # Ctrl-C where the copy runs, then
  rm -rf workbench/02-shared
  cargo run --release -p step-03-memstats -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
}

# section: allocs-after - How much does a request allocate now?
allocs-after() {
  beside 03-memstats         #-
  cargo allocs --url "$BESIDE_URL" --debug-url "$BESIDE_DEBUG_URL"
}

# section: compare-picture - Does one notice, with pictures?
compare-picture() {
  service 02-compile-checks  #-
  beside 03-memstats         #-
  cargo load picture --url "$URL" --against "$BESIDE_URL" \
    --requests 6000 --workers 4
}

# section: compare-bookings - And with bookings?
compare-bookings() {
  service 02-compile-checks  #-
  beside 03-memstats         #-
  cargo load my-bookings --url "$URL" --against "$BESIDE_URL" \
    --requests 4000 --workers 4
}

main "$@"
