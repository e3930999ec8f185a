#!/usr/bin/env bash
#
# Chapter 5, profiles: where memory and processor time go, under load.
# Run all of it, or one section: scripts/05-profiles.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Profiles and pictures lie with the script's other files: what a reader keeps is not touched.
cd "$WORK"

# section: ready - What do you need?
ready() {
  cargo database reset 05
  # Ctrl-C in all terminals where a service runs, then in one of them
  cargo run --release -p step-05-profiles
}

# section: allocs - What has it allocated so far?
allocs() {
  service 05-profiles        #-
  cargo load bookings --url "$URL" --requests 5000 --workers 8
  curl -s "$DEBUG_URL/debug/pprof/allocs" > allocs.out
}

# section: top varies - Who has allocated most?
top() {
  needed allocs              #-
  cargo rops pprof top --node-count 8 allocs.out
}

# section: top-ours varies - And in our own code?
top-ours() {
  needed allocs              #-
  cargo rops pprof top --cum --show step_05 --node-count 8 allocs.out
}

# section: console varies - And by hand?
console() {
  needed allocs              #-
  printf '%s\n' sample_index=alloc_objects show=step_05 'top4 -cum' nodefraction=0 'top4 -cum' |
    cargo rops pprof allocs.out
}

# section: list-allocs varies - Which lines allocate?
list-allocs() {
  needed allocs              #-
  cargo rops pprof list '^step_05_profiles::authorization::authorize' allocs.out
}

# section: heap varies - What is in use?
heap() {
  service 05-profiles        #-
  curl -s "$DEBUG_URL/debug/pprof/heap" > heap.out
  cargo rops pprof top --node-count 6 heap.out
}

# section: growth varies - What becomes more?
growth() {
  service 05-profiles        #-
  cargo load bookings --url "$URL" --rate 1200 --requests 10800 > /dev/null &
  sleep 2; curl -s "$DEBUG_URL/debug/pprof/heap?seconds=6" > growth.out
  wait $!
  cargo rops pprof top --cum --show step_05 growth.out
}

# section: cpu varies - Where does the processor's time go?
cpu() {
  service 05-profiles        #-
  cargo load bookings --url "$URL" --requests 6000 --workers 8 > /dev/null &
  curl -s "$DEBUG_URL/debug/pprof/profile?seconds=5" > cpu.out
  wait $!
  cargo rops pprof top --node-count 8 cpu.out
}

# section: cpu-ours varies - For which of our functions?
cpu-ours() {
  needed cpu                 #-
  cargo rops pprof top --cum --show step_05 --node-count 8 cpu.out
}

# section: list-cpu varies - Which lines?
list-cpu() {
  needed cpu                 #-
  cargo rops pprof list '^step_05_profiles::authorization::(authorize|validate_token)' cpu.out
}

# section: peek varies - Who calls it, and whom does it call?
peek() {
  needed cpu                 #-
  cargo rops pprof peek '^step_05_profiles::authorization::authorize' cpu.out
}

# section: graph - Who calls whom, in one picture?
graph() {
  needed cpu                              #-
  has_tool dot graphviz || return 0       #-
  cargo rops pprof svg --focus log_request --show step_05 --hide from_request --tag-hide . \
    --node-count 8 --output graph.svg cpu.out
  picture graph.svg                       #-
}

# section: flame - And path by path?
flame() {
  needed cpu                              #-
  cargo rops pprof flame --show-from log_request --show 'step_05|pbkdf2|sha2|sqlx' \
    --output flame.svg cpu.out
  picture flame.svg                       #-
}

# section: web - And all of it on one page?
web() {
  needed cpu                              #-
  has_tool chromium chromium || return 0  #-
  pictures_of_page '?search=authoriz' pprof web --show-from log_request --show 'step_05|pbkdf2|sha2|sqlx' cpu.out  #-
}

# section: lines varies - Does each profiler know the lines?
lines() {
  cargo run --release -p benchmem --example lines
}

# section: routes varies - Which requests are expensive?
routes() {
  service 05-profiles        #-
  cargo load mixed --url "$URL" --rate 200 --requests 1600 > /dev/null &
  curl -s "$DEBUG_URL/debug/pprof/profile?seconds=7" > routes.out
  wait $!
  cargo rops pprof tags routes.out
}

# section: start-after - What is next?
start-after() {
  cargo run --release -p step-06-tracing -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
}

# section: cpu-after varies - Where does the time go now?
cpu-after() {
  beside 06-tracing          #-
  cargo load bookings --url "$BESIDE_URL" --requests 9000 --workers 8 > /dev/null &
  curl -s "$BESIDE_DEBUG_URL/debug/pprof/profile?seconds=5" > after.out
  wait $!
  cargo rops pprof top --cum --show step_06 --node-count 8 after.out
}

# section: authorization-after varies - And what does authorization cost now?
authorization-after() {
  needed cpu-after after     #-
  cargo rops pprof top --cum --show authorization:: --node-count 4 after.out
}

# section: difference varies - What has become less?
difference() {
  needed cpu                 #-
  needed cpu-after after     #-
  cargo rops pprof diff --normalize --node-count 10 cpu.out after.out
}

# section: compare-bookings - And a booking?
compare-bookings() {
  service 05-profiles        #-
  beside 06-tracing          #-
  cargo load bookings --url "$URL" --against "$BESIDE_URL" --requests 1200 --workers 8
}

# section: compare-my-bookings - And my bookings?
compare-my-bookings() {
  service 05-profiles        #-
  beside 06-tracing          #-
  cargo load my-bookings --url "$URL" --against "$BESIDE_URL" --requests 4000 --workers 8
}

# section: counts - What is allocated for one request, before and after?
counts() {
  service 05-profiles        #-
  beside 06-tracing          #-
  cargo allocs my-bookings bookings --url "$URL" --debug-url "$DEBUG_URL"
  cargo allocs my-bookings bookings --url "$BESIDE_URL" --debug-url "$BESIDE_DEBUG_URL"
}

# A section that reads a profile takes it first if it runs alone: needed SECTION [FILE].
needed() {
  [ -s "${2:-$1}.out" ] || "$1" >/dev/null
}

main "$@"
