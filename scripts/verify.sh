#!/usr/bin/env bash
#
# What a working copy is worth: `cargo workshop verify` calls it.
#
#   scripts/verify.sh CHAPTER COPY FROM NEXT    CHAPTER is a number, the others are crates' folders
#
# Prints what it finds, a line for each, with what to do where something is not there yet. Exit code: 0 if all is there, 3 if
# something is not, anything else if it could not be found out.

# shellcheck disable=SC2317  # What counts and compares is called by its name in the table below.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck source=beside-release.sh
source "$ROOT/scripts/beside-release.sh"

[ $# -eq 4 ] || fail "usage: scripts/verify.sh CHAPTER COPY FROM NEXT"
CHAPTER=$1 COPY=${2#"$ROOT"/} FROM=$3 NEXT=$4
STATUS=0

# What each chapter counts, what it compares, and which of the two wants databases with 30,000 bookings.
FILLED=
case $CHAPTER in
  01) COUNTS=(crates_and_plan) SPEED=(loads my-bookings --requests 60 --workers 8) FILLED='speed' ;;
  02) COUNTS=(allocs 100 room picture my-bookings bookings) SPEED=(loads picture --requests 6000 --workers 4) ;;
  03) COUNTS=(allocs 20 rooms) SPEED=(loads rooms --requests 40 --workers 8) FILLED='counts speed' ;;
  04) COUNTS=(allocations_of_bench) SPEED=(benches) ;;
  05) COUNTS=(allocs 100 my-bookings bookings) SPEED=(loads my-bookings --requests 4000 --workers 8) ;;
  06) COUNTS=(faults_of_logins 40) SPEED=(loads bookings --requests 4000 --workers 64) ;;
  07) COUNTS=(tasks_of_bookings 1000) SPEED=(loads bookings --requests 4000 --workers 64) ;;
  *) fail "scripts/verify.sh does not know what chapter $CHAPTER counts and compares" ;;
esac

unset DATABASE_URL
CALLERS_DATABASE_URL=

# Two processes of one program differ, too, and how much is measured in so many rounds. What counts is a difference that is
# larger than all of these, and larger than 2 %, in each round with the copy.
ROUNDS=7

line() {
  printf '%-11s%s\n' "$@"
}

missing() {
  line "$@"
  STATUS=3
}

# --- Contract and tests -----------------------------------------------------------------------------------

contract() {
  say "building $COPY and the contract's suite; the first time that takes minutes ..."
  built "$COPY" release
  local log=$WORK/contract
  if CONTRACT_SERVER=$BINARY command cargo test "${BESIDE_RELEASE[@]}" --package contract --test contract -- sqlite >"$log"; then
    line contract "$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/all \1 cases pass/p' "$log")"
  elif grep -q '^test result: FAILED' "$log"; then
    missing contract "$(sed -n 's/^test result: FAILED\. \([0-9]*\) passed; \([0-9]*\) failed.*/\2 cases fail:/p' "$log")"
    sed -n 's/^test .*::sqlite::\(.*\) \.\.\. FAILED$/           \1/p' "$log"
    line '' "the reasons: CONTRACT_SERVER=$BINARY cargo test --release -p contract -- sqlite"
  else
    fail "the contract's suite did not run"
  fi
}

own_tests() {
  local log=$WORK/tests
  if ! compgen -G "$COPY/tests/*.rs" >/dev/null; then
    return 0
  fi
  say "running the tests of $COPY ..."
  if (cd "$COPY" && command cargo test --release --test '*') >"$log"; then
    line tests "$(awk '/^test result:/ { passed += $4 } END { print "all pass: " passed }' "$log")"
  else
    missing tests "some of your copy fail: (cd $COPY && cargo test --release --test '*')"
  fi
}

# --- Exact counts -----------------------------------------------------------------------------------------

# Each prints what the chapter counts in the crate MEASURED, as NAME, tab, VALUE; smaller is better.
crates_and_plan() {
  printf 'crates\t%s\n' "$(cd "$MEASURED" && command cargo tree -e normal,build --prefix none --no-dedupe | sort -u | wc -l)"
  printf 'plan of GET /bookings\t%s\n' "$(plan)"
}

allocations_of_bench() {
  bench "$MEASURED" | awk '{ printf "bytes per 999 rooms\t%d\nallocations per 999 rooms\t%d\n", $5, $7 }'
}

# How the service that was started last finds the bookings of one user.
plan() {
  built database release
  "$BINARY" query "$DATABASE_URL" "explain query plan select id, room_id, booked_on, created_at
    from bookings where user_id = 'anybody' order by booked_on, id" | grep -oE 'SCAN|SEARCH'
}

allocs() {
  built load release --bin allocs
  "$BINARY" "${@:2}" --requests "$1" --url "$MEASURED_URL" --debug-url "$MEASURED_DEBUG_URL" |
    sed -n 's/,//g; s|^\([A-Z]* /[^ ]*\) *\([0-9]*\) .* \([0-9]*\)$|allocations, \1\t\2\nbytes, \1\t\3|p'
}

# A hash fills 19 MiB, page by page. The first logins bring memory that stays.
faults_of_logins() {
  built load release --bin load
  local logins=("$BINARY" logins --url "$MEASURED_URL" --workers 4 --requests) before
  "${logins[@]}" "$1" >/dev/null
  before=$(faults)
  "${logins[@]}" "$1" >/dev/null
  printf 'page faults of a login\t%d\n' "$((($(faults) - before) / $1))"
}

faults() {
  awk '{ print $10 }' "/proc/$MEASURED_PID/stat"
}

tasks_of_bookings() {
  built load release --bin load
  "$BINARY" bookings --url "$MEASURED_URL" --workers 8 --requests "$1" >/dev/null
  built rops release
  "$BINARY" stats "$MEASURED_DEBUG_URL" | sed -n "s/,//g; s/^tasks alive: /tasks after $1 bookings\t/p"
}

bench() {
  (cd "$1" && command cargo bench --bench rooms_json -- app/999- --warm-up-time 0.5 --measurement-time 1) | grep ^Benchmark
}

# counted FOLDER SLOT: the counts of one of the three.
counted() {
  say "counting in $1 ..."
  "$2" "$1"
  filled_for counts "$1"
  MEASURED=$1 MEASURED_PID=$SERVICE_PID
  case $2 in
    service) MEASURED_URL=$URL MEASURED_DEBUG_URL=$DEBUG_URL ;;
    beside) MEASURED_URL=$BESIDE_URL MEASURED_DEBUG_URL=$BESIDE_DEBUG_URL ;;
  esac
  "${COUNTS[@]}" >"$WORK/counts-$(basename "$1")-$2"
  [ -s "$WORK/counts-$(basename "$1")-$2" ] || fail "nothing was counted in $1"
}

number() {
  basename "$1" | sed 's/-.*//'
}

show_counts() {
  counted "$FROM" service
  counted "$NEXT" beside
  counted "$COPY" beside
  local from next mine
  from=$WORK/counts-$(basename "$FROM")-service
  next=$WORK/counts-$(basename "$NEXT")-beside
  mine=$WORK/counts-$(basename "$COPY")-beside
  printf '%-11s%-34s%12s%12s%12s\n' counts '' "$(number "$FROM")" yours "$(number "$NEXT")"
  # The same request needs up to five allocations more or less, whichever of two threads is quicker; a page or a task more is
  # not what was looked for either.
  paste "$from" "$mine" "$next" | awk -F '\t' '
    {
      there = ($4 ~ /^[0-9]+$/) ? $4 <= $6 * 1.02 + ($1 ~ /^(allocations|page faults|tasks)/ ? 5 : 0) : $4 == $6
      printf "%-11s%-34s%12s%12s%12s%s\n", "", $1, $2, $4, $6, there ? "" : "   not there yet"
      if (!there) missing = 1
    }
    END { exit missing }' || STATUS=3
}

# --- Speed ------------------------------------------------------------------------------------------------

# loads KIND OPTION...: under a load, first beside another process of the same program.
loads() {
  say "comparing $FROM with itself under load, $ROUNDS rounds ..."
  service "$FROM"
  filled_for speed "$FROM"
  beside "$FROM"
  filled_for speed "$FROM"
  load "$@" --same >"$WORK/same"
  say "comparing it with $COPY, $ROUNDS rounds ..."
  beside "$COPY"
  filled_for speed "$COPY"
  load "$@" >"$WORK/speed"
  verdict "requests per second ($1)"
}

# filled_for WHAT CRATE
filled_for() {
  if [[ " $FILLED " == *" $1 "* ]]; then
    fill_once "$2"
  fi
}

# load KIND OPTION...: both services get it in turn; prints the ratio of the throughputs, its smallest and its largest round.
load() {
  built load release --bin load
  "$BINARY" "$@" --url "$URL" --against "$BESIDE_URL" --rounds "$ROUNDS" |
    sed -n 's/^throughput .* \([0-9.]*\)x  \([0-9.]*\)x to \([0-9.]*\)x$/\1 \2 \3/p'
}

benches() {
  local round
  say "running the benchmark of both in turn, $ROUNDS rounds ..."
  for ((round = 0; round < ROUNDS; round++)); do
    printf '%s %s %s\n' "$(timed "$FROM")" "$(timed "$COPY")" "$(timed "$FROM")"
  done >"$WORK/times"
  awk '{ print $1 / $3 }' "$WORK/times" | spread >"$WORK/same"
  awk '{ print $1 / $2 }' "$WORK/times" | spread >"$WORK/speed"
  verdict "reads of 999 rooms per second"
}

# Nanoseconds per operation. It is built when the counts are made, so what it says beside them is no news.
timed() {
  bench "$1" 2>/dev/null | awk '{ print $3 }'
}

# The median of an odd number of lines, the smallest and the largest.
spread() {
  sort -n | awk '{ ratio[NR] = $1 } END { printf "%.3g %.3g %.3g\n", ratio[(NR + 1) / 2], ratio[1], ratio[NR] }'
}

# verdict WHAT: of the copy's ratio, by what two of the same differ.
verdict() {
  local ratio smallest largest low high found
  read -r ratio smallest largest <"$WORK/speed" || fail "there is no ratio to $COPY"
  read -r _ low high <"$WORK/same" || fail "there is no ratio of $FROM to itself"
  found="${ratio}x the $1, in the rounds ${smallest}x to ${largest}x"
  if awk "BEGIN { exit !($smallest > 1.02 && $smallest > $high) }"; then
    line speed "$found"
    line '' "two of the same: ${low}x to ${high}x"
  elif awk "BEGIN { exit !($largest < 0.98 && $largest < $low) }"; then
    missing speed "$found"
    line '' "two of the same: ${low}x to ${high}x; so yours is slower than $FROM: what does it do that it did not do before?"
  else
    line speed "$found"
    line '' "two of the same: ${low}x to ${high}x; so this is no more than chance makes"
  fi
}

contract
own_tests
show_counts
"${SPEED[@]}"
exit "$STATUS"
