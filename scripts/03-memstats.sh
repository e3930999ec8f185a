#!/usr/bin/env bash
#
# Chapter 3, memstats: what a start and a request do to the memory.
# Run all of it, or one section: scripts/03-memstats.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# section: measure - What does a start do to the memory, and what a request?
measure() {
  example 03-memstats memstats   #> cargo run --release -p step-03-memstats --example memstats
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
  example 03-memstats memstats   #> cargo run --release -p step-03-memstats --example memstats
}

# section: dhat - How much of it is alive at the same time?
dhat() {
  filled 03-memstats         #-
  example 03-memstats dhat   #> cargo run --release -p step-03-memstats --example dhat
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
  example 04-benchmarks dhat   #> cargo run --release -p step-04-benchmarks --example dhat
}

# section: budget - Does a test keep it so?
budget() {
  cargo test --quiet --release -p step-04-benchmarks --test heap_budget 2> "$WORK/cargo.log"   #> cargo test --quiet --release -p step-04-benchmarks --test heap_budget
}

main "$@"
