#!/usr/bin/env bash
#
# Chapter 2, compile checks: what the compiler knows about allocations, inlining and sizes.
# Run all of it, or one section: scripts/02-compile-checks.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# section: allocs - How much does a request allocate?
allocs() {
  service 02-compile-checks  #-
  cargo allocs --url "$URL" --debug-url "$DEBUG_URL"
}

# section: lints - What does the linter say?
lints() {
  cargo clippy -p step-02-compile-checks --lib --message-format short -- \
    -W clippy::result_large_err -W clippy::large_enum_variant \
    -W clippy::large_futures -W clippy::large_stack_arrays 2>&1 | grep -o 'src/.*warning: .*'
}

# section: compiler - What does the compiler say, at three levels?
compiler() {
  # shellcheck disable=SC2129   # As a reader types it. #-
  cargo explain step-02-compile-checks >> "$WORK/compiler.txt"             #> cargo explain step-02-compile-checks >> compiler.txt
  cargo explain step-02-compile-checks --level 2 >> "$WORK/compiler.txt"   #> cargo explain step-02-compile-checks --level 2 >> compiler.txt
  cargo explain step-02-compile-checks --level 3 >> "$WORK/compiler.txt"   #> cargo explain step-02-compile-checks --level 3 >> compiler.txt
  wc -l < "$WORK/compiler.txt"   #> wc -l < compiler.txt
}

# section: authorization exact - What does authorization allocate?
authorization() {
  cargo explain step-02-compile-checks --file authorization.rs
}

# section: reasons - Why is a call a call?
reasons() {
  cargo explain step-02-compile-checks --level 2 --file authorization.rs |
    sed -n 's/not inlined into .*: \(too\|its\)/not inlined: \1/p'
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
  cargo clippy --quiet -p step-03-memstats --lib -- -D warnings && echo "no warnings"
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
