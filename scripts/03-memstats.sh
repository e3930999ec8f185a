#!/usr/bin/env bash
#
# Chapter 3, memstats: what a start and a request do to the memory.
# Run all of it, or one section: scripts/03-memstats.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# section: ready - What do you need?
ready() {
  cargo database reset 03
  # Ctrl-C in all terminals where a service runs, then in one of them
  cargo run --release -p step-03-memstats
}

# section: measure - What does a start do to the memory, and what a request?
measure() {
  service 03-memstats        #-
  cargo run --release -p step-03-memstats --example memstats
}

# section: memstats - What does the running service say?
memstats() {
  service 03-memstats        #-
  curl -s "$DEBUG_URL/debug/memstats"
}

# section: rooms - What does a request for the rooms allocate, and does it stay so?
rooms() {
  service 03-memstats        #-
  cargo allocs rooms --url "$URL" --debug-url "$DEBUG_URL"
  cargo database fill 03 --bookings 3000
  cargo allocs rooms --url "$URL" --debug-url "$DEBUG_URL"
  cargo database fill 03 --bookings 27000
  cargo allocs rooms --url "$URL" --debug-url "$DEBUG_URL"
}

# section: measure-filled - What does one of these requests do to the memory?
measure-filled() {
  filled 03-memstats         #-
  cargo run --release -p step-03-memstats --example memstats
}

# section: dhat - How much of it is alive at the same time?
dhat() {
  filled 03-memstats         #-
  cargo run --release -p step-03-memstats --example dhat
}

# section: dhat-ten - And for ten requests at the same time?
dhat-ten() {
  filled 03-memstats         #-
  AT_ONCE=10 cargo run --release -p step-03-memstats --example dhat
}

# section: start-after - Does the next checkpoint start beside it?
start-after() {
  cargo database reset 04
  cargo run --release -p step-04-benchmarks -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
}

# section: rooms-after - What does the next checkpoint allocate?
rooms-after() {
  beside 04-benchmarks       #-
  cargo allocs rooms --url "$BESIDE_URL" --debug-url "$BESIDE_DEBUG_URL"
  cargo database fill 04 --bookings 3000
  cargo allocs rooms --url "$BESIDE_URL" --debug-url "$BESIDE_DEBUG_URL"
  cargo database fill 04 --bookings 27000
  cargo allocs rooms --url "$BESIDE_URL" --debug-url "$BESIDE_DEBUG_URL"
}

# section: compare-rooms - How many more requests does that make?
compare-rooms() {
  filled 03-memstats         #-
  beside_filled 04-benchmarks   #-
  cargo load rooms --url "$URL" --against "$BESIDE_URL" \
    --requests 200 --workers 8
}

# section: dhat-after - And at the same time?
dhat-after() {
  beside_filled 04-benchmarks   #-
  cargo run --release -p step-04-benchmarks --example dhat
}

# section: budget - Does a test keep it so?
budget() {
  cargo test --quiet --release -p step-04-benchmarks --test heap_budget
}

main "$@"
