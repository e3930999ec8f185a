#!/usr/bin/env bash
#
# Chapter 4, benchmarks: time, bytes and allocations of one operation.
# Run all of it, or one section: scripts/04-benchmarks.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Criterion's results lie with the script's other files: what a reader keeps in target/criterion is not touched.
export CRITERION_HOME=$WORK/criterion

# section: readers - Which way to read rooms is the best?
readers() {
  cargo bench -p step-04-benchmarks --bench rooms_json -- from_ | grep ^Benchmark
}

# section: counts exact - Which of these numbers are the same everywhere?
counts() {
  cargo bench -p step-04-benchmarks --bench rooms_json -- 'from_.*/999-' |
    grep ^Benchmark | awk '{ printf "%-50s %8d B/op %6d allocs/op\n", $1, $5, $7 }'
}

# section: report varies - What does criterion itself say?
report() {
  cargo bench -p step-04-benchmarks --bench rooms_json -- from_slice_owned/999-
}

# section: flame - Where does the time go?
flame() {
  cargo bench -p step-04-benchmarks --bench rooms_json -- --profile-time 3 from_slice_owned/9999- |
    grep -A 1 'flame graph'
}

# section: handler - What does a handler cost, without a socket?
handler() {
  cargo bench -p step-04-benchmarks --bench handler | grep ^Benchmark
}

# section: save varies - What does the app itself need?
save() {
  cargo bench -p step-04-benchmarks --bench rooms_json -- --save-baseline before app/999-
}

# section: noise varies - And four times more, the same code?
noise() {
  saved                      #-
  for _ in 1 2 3 4; do
    cargo bench -p step-04-benchmarks --bench rooms_json -- --baseline before app/999- | grep -A 1 change
  done
}

# section: compare varies - And the next checkpoint?
compare() {
  saved                      #-
  cargo bench -p step-05-profiles --bench rooms_json -- --baseline before app/999-
}

# section: after exact - How much does the app allocate for it, before and after?
after() {
  for step in step-04-benchmarks step-05-profiles; do
    cargo bench -p $step --bench rooms_json -- app/999- |
      grep ^Benchmark | awk '{ printf "%-50s %8d B/op %6d allocs/op\n", $1, $5, $7 }'
  done
}

# The baseline that two sections compare with.
saved() {
  find "$CRITERION_HOME" -name before 2>/dev/null | grep -q . || save >/dev/null
}

main "$@"
