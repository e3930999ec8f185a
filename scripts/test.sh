#!/usr/bin/env bash
#
# Runs everything that must hold: format, lints, the course's own check, the book, every command that its pages print,
# and all tests. The last line counts the tests.
#
# What some checks need is installed where that is allowed (Debian, as root); elsewhere the script says what to
# install and goes on without those checks. With CI=true everything has to be there.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<END
usage: scripts/test.sh [--help]

Runs fmt, clippy, rustdoc, shellcheck, the course check, the book's build, the pages' commands as a reader types them and
cargo test, and the library's tests without each of its features. Exit code: 1 if anything failed.

example: scripts/test.sh
END
}

case ${1:-} in
  '') ;;
  --help | -h) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac

# shellcheck source=test-tools.sh
source scripts/test-tools.sh

FAILED=()
WORKSHOP=(cargo run --quiet --package workshop --)

# --- The checks -------------------------------------------------------------------------------------------

# check TITLE COMMAND...: runs one check under its title; a failure is remembered and the rest still runs.
# Within a check nothing ends at the first failure (bash sees it as a condition), so each returns what it found.
check() {
  local title=$1 start=$SECONDS result=ok
  shift
  printf '\n== %s\n' "$title"
  if ! "$@" </dev/null > >(tee "$LOGS/$title") 2>&1; then
    result=FAILED
    FAILED+=("$title")
  fi
  wait $! # for the last lines
  printf -- '-- %s: %s, %d s\n' "$title" "$result" $((SECONDS - start))
}

# beside TITLE COMMAND...: a check that waits more than it works, so others run meanwhile. `settle` tells what came of them.
BESIDE=()
beside() {
  local title=$1
  shift
  # In a group of its own, so that it can be ended with all that it has started.
  set -m
  {
    local start=$SECONDS result=ok
    "$@" </dev/null >"$LOGS/$title" 2>&1 || result=FAILED
    printf -- '-- %s: %s, %d s\n' "$title" "$result" $((SECONDS - start)) >>"$LOGS/$title"
    [ "$result" = ok ]
  } &
  set +m
  BESIDE+=("$!" "$title")
}

settle() {
  local pid title
  while [ ${#BESIDE[@]} -gt 0 ]; do
    pid=${BESIDE[0]} title=${BESIDE[1]}
    wait "$pid" || FAILED+=("$title")
    BESIDE=("${BESIDE[@]:2}")
    printf '\n== %s\n' "$title"
    cat "$LOGS/$title"
  done
}

end_those_beside() {
  while [ ${#BESIDE[@]} -gt 0 ]; do
    kill -TERM -- "-${BESIDE[0]}" 2>/dev/null || true
    BESIDE=("${BESIDE[@]:2}")
  done
}

# why LOG: what a failed check said of it, since a run's last lines are what is looked at: the tests' own lists, else the end.
why() {
  if grep -q '^test result: FAILED' "$1"; then
    awk '/^failures:$/ { on = 1 } on; /^test result:/ { on = 0 }' "$1" | tail -n 200
  else
    tail -n 60 "$1"
  fi
}

# The readers' working copies in workbench/ are members of the workspace, and none of our business.
OURS=(--workspace)
leave_copies_out() {
  if compgen -G 'workbench/*/Cargo.toml' >/dev/null; then
    OURS=(--workspace --exclude 'workbench-*')
  fi
}
leave_copies_out

# What readers use unoptimized is tested so; everything else beside the release build.
UNOPTIMIZED=(course explain terminal test-tools workshop)
# shellcheck source=beside-release.sh
source scripts/beside-release.sh

format() {
  local package packages=()
  while read -r package; do
    packages+=(--package "$package")
  done < <(own_packages)
  cargo fmt --check "${packages[@]}"
}

# Cargo notes a working copy there while it exists.
lock_file() {
  if git grep -q '^name = "workbench-' HEAD -- Cargo.lock; then
    echo "the committed Cargo.lock names a working copy: remove it from workbench/, run \`cargo metadata\`, commit again"
    return 1
  fi
}

lint_scripts() {
  if ! has shellcheck; then
    echo "left out: shellcheck is not installed"
    return 0
  fi
  shellcheck scripts/*.sh .ci/run tools/rops/*.sh
}

build_book() {
  "${WORKSHOP[@]}" serve --build-only || return
  # mdBook itself calls our preprocessor as a program; the tests do the same with mdBook's library.
  if has mdbook; then
    mdbook build
  fi
}

documentation() {
  RUSTDOCFLAGS='-D warnings' cargo doc --release "${OURS[@]}" --no-deps --keep-going
}

# The tests run in groups, since cargo builds all that it is asked for from the features of each: the first checkpoint has too
# many, and the tools' tests have some that the checkpoints lack. So all crates that they are built from would be compiled once
# more.
LATER=() TOOLS=()
while read -r package; do
  case $package in
    step-01-discovery) ;;
    step-* | coworking) LATER+=(--package "$package") ;;
    *) [[ " ${UNOPTIMIZED[*]} " == *" $package "* ]] || TOOLS+=(--package "$package") ;;
  esac
done < <(own_packages)

# A runner may ignore SIGINT at its start, as a shell does for what it puts into the background; CI always does,
# so that no test comes to rely on the signal's default. By hand, Ctrl-C ends the tests.
like_a_runner() {
  if [ "${CI:-}" = true ]; then
    trap '' INT
  fi
}

build_tests() {
  cargo test "${BESIDE_RELEASE[@]}" "${TOOLS[@]}" --lib --test '*' --no-run
}

contract() (
  like_a_runner
  cargo test "${BESIDE_RELEASE[@]}" "${TOOLS[@]}" --test contract
)

checkpoints() (
  like_a_runner
  local status=0
  cargo test "${UNOPTIMIZED[@]/#/--package=}" --no-fail-fast || status=1
  cargo test "${BESIDE_RELEASE[@]}" --package step-01-discovery --lib --no-fail-fast || status=1
  cargo test "${BESIDE_RELEASE[@]}" "${LATER[@]}" --lib --test '*' --no-fail-fast || status=1
  return "$status"
)

tools() (
  like_a_runner
  local status=0
  # All but the contract's cases, whose names begin with a checkpoint and a database.
  cargo test "${BESIDE_RELEASE[@]}" "${TOOLS[@]}" --lib --test '*' --no-fail-fast -- --skip ::sqlite:: --skip ::postgres:: || status=1
  # Of the tools' programs this one has tests of its own.
  cargo test "${BESIDE_RELEASE[@]}" "${TOOLS[@]}" --bin rops --no-fail-fast || status=1
  cargo test "${BESIDE_RELEASE[@]}" "${TOOLS[@]}" --doc || status=1
  return "$status"
)

# The workspace builds the library with its default features, its users choose; and it must be fit to be published alone.
# `taskdump` brings `profile` and `http`.
library() (
  like_a_runner
  local features status=0
  for features in taskdump,tracing jemalloc,tracing jemalloc,http ''; do
    printf 'diagnostics with the features: %s\n' "${features:-none}"
    cargo test "${BESIDE_RELEASE[@]}" --quiet --package diagnostics --no-default-features --features "$features" || status=1
  done
  cargo package --quiet --package diagnostics --allow-dirty --no-verify || status=1
  return "$status"
)

LOGS=$(mktemp -d "${TMPDIR:-/tmp}/workshop-test.XXXXXX")
trap 'end_those_beside; rm -rf "$LOGS"' EXIT

check "what the checks need" install_missing
check "format" format
check "lock file" lock_file
check "clippy" cargo clippy --release "${OURS[@]}" --all-targets -- -D warnings
check "documentation" documentation
check "shellcheck" lint_scripts
check "course" "${WORKSHOP[@]}" check
check "book" build_book
check "the pages' commands, typed in their order" "${WORKSHOP[@]}" walk
check "the tools' tests, built" build_tests
beside "the contract" contract
check "tests of the checkpoints and of the workshop" checkpoints
beside "the library by itself" library
check "tests of the tools" tools
settle

# --- The result -------------------------------------------------------------------------------------------

printf '\n== result, after %d s\n' "$SECONDS"
for title in ${FAILED[@]+"${FAILED[@]}"}; do
  printf 'failed: %s\n' "$title"
  why "$LOGS/$title" | sed 's/^/  /'
done
cat "$LOGS"/* | awk '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
  END { printf "tests: %d passed, %d failed, %d skipped\n", passed, failed, ignored }'
[ ${#FAILED[@]} -eq 0 ]
