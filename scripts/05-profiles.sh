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
  cargo rops pprof list authorization::authorize allocs.out
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
  cargo load bookings --url "$URL" --rate 400 --requests 3200 > /dev/null &
  curl -s "$DEBUG_URL/debug/pprof/heap?seconds=6" > growth.out
  wait $!
  cargo rops pprof top --cum --show step_05 growth.out
}

# section: cpu varies - Where does the processor's time go?
cpu() {
  service 05-profiles        #-
  cargo load bookings --url "$URL" --requests 8000 --workers 8 > /dev/null &
  curl -s "$DEBUG_URL/debug/pprof/profile?seconds=6" > cpu.out
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
  cargo rops pprof list 'authorization::(authorize|validate_token)' cpu.out
}

# section: peek varies - Who calls it, and whom does it call?
peek() {
  needed cpu                 #-
  cargo rops pprof peek authorization::authorize cpu.out
}

# section: graph - What does it look like?
graph() {
  needed cpu                 #-
  cargo rops pprof svg --output cpu.svg cpu.out
}

# section: flame - And as a flame graph?
flame() {
  needed cpu                 #-
  cargo rops pprof flame --output flame.svg cpu.out
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
  cargo load bookings --url "$BESIDE_URL" --requests 12000 --workers 8 > /dev/null &
  curl -s "$BESIDE_DEBUG_URL/debug/pprof/profile?seconds=6" > after.out
  wait $!
  cargo rops pprof top --cum --show step_06 --node-count 8 after.out
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
  cargo load bookings --url "$URL" --against "$BESIDE_URL" --requests 2000 --workers 8
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
