#!/usr/bin/env bash
#
# Chapter 4, benchmarks: time, bytes and allocations of one operation.
# Run all of it, or one section: scripts/04-benchmarks.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# results NAME: a folder of its own for criterion's results, so that what a reader keeps in target/criterion is not
# touched, and no section compares with another one's results by chance.
results() {
  export CRITERION_HOME=$WORK/criterion-$1
}

# section: readers - Which way to read rooms is the best?
readers() {
  results readers            #-
  cargo bench -p step-04-benchmarks --bench rooms_json -- from_ | grep ^Benchmark
}

# section: counts exact - Which of these numbers are the same everywhere?
counts() {
  results counts             #-
  cargo bench -p step-04-benchmarks --bench rooms_json -- 'from_.*/999-' |
    grep ^Benchmark | awk '{ printf "%-50s %8d B/op %6d allocs/op\n", $1, $5, $7 }'
}

# section: report varies - What does criterion itself say?
report() {
  results report             #-
  cargo bench -p step-04-benchmarks --bench rooms_json -- from_slice_owned/999-
}

# section: flame - Where does the time go?
flame() {
  results flame              #-
  cargo bench -p step-04-benchmarks --bench rooms_json -- --profile-time 3 from_slice_owned/9999- |   #> cargo bench -p step-04-benchmarks --bench rooms_json -- --profile-time 3 from_slice_owned/9999-
    grep -A 1 'flame graph' | sed "s|$CRITERION_HOME|target/criterion|"   #-
}

# section: handler - What does a handler cost, without a socket?
handler() {
  results handler            #-
  cargo bench -p step-04-benchmarks --bench handler | grep ^Benchmark
}

# section: save varies - What does the app itself need?
save() {
  saved                      #> cargo bench -p step-04-benchmarks --bench rooms_json -- --save-baseline before app/999-
  cat "$WORK/saved"          #-
}

# section: noise varies - And once more, the same code?
noise() {
  saved                      #-
  cargo bench -p step-04-benchmarks --bench rooms_json -- --baseline before app/999-
}

# section: compare varies - And the next checkpoint?
compare() {
  saved                      #-
  cargo bench -p step-05-profiles --bench rooms_json -- --baseline before app/999-
}

# section: after exact - How much does the app allocate for it, before and after?
after() {
  results after              #-
  for step in step-04-benchmarks step-05-profiles; do
    cargo bench -p $step --bench rooms_json -- app/999- |
      grep ^Benchmark | awk '{ printf "%-50s %8d B/op %6d allocs/op\n", $1, $5, $7 }'
  done
}

# The baseline that three sections speak of.
saved() {
  results baseline
  [ -s "$WORK/saved" ] ||
    cargo bench -p step-04-benchmarks --bench rooms_json -- --save-baseline before app/999- >"$WORK/saved"
}

main "$@"
