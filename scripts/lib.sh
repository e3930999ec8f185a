# shellcheck shell=bash
#
# What all chapter scripts share: sections, their recording, and cleaning up. A chapter's script sources this file,
# defines its sections and ends with `main "$@"`. A section is a function under a header of exactly this form
# (cargo workshop reads it too):
#
#   # section: NAME [exact | varies | terminal] - The question that it answers?
#   NAME() {
#     a command that is shown, and run as it is shown
#     service 01-discovery  #-
#   }
#
# A line that ends in #- is not shown. It may only bring about what the page has brought about before, for those who run
# the section alone: `cargo workshop walk` types what is shown, in the pages' order, and nothing else.
#
# What a section prints on stdout is its result, and nothing else is: headings, commands and progress go to
# stderr. The result of a section that is marked `terminal` is what the service logs meanwhile. With CAPTURE_DIR set, each
# section's result is also written to $CAPTURE_DIR/NAME.txt.
#
# For sections there are:
#   service STEP [FLAG...]  a checkpoint's release build, running on free ports and a database of its own; it is reused
#                           while STEP and FLAGs stay the same. Sets URL and DEBUG_URL
#   beside STEP [FLAG...]   a second one at the same time, for comparisons. Sets BESIDE_URL and BESIDE_DEBUG_URL
#                           Both set, for the one last asked for, SERVICE_PID, SERVICE_LOG (the file with its log),
#                           SERVICE_PRINTED (the file with what it printed) and DATABASE_URL
#   filled, beside_filled   the same, with 30,000 bookings in the database
#   stop_service            ends both as a deployment would, with SIGTERM
#   cargo run, database, load, allocs, explain, rops, workshop
#                           as for a reader, but built once; a checkpoint that is run is a `service`, or `beside` if it
#                           is told where to listen; its examples and `cargo database query 01` work on the database
#                           that the script's checkpoint 01 has
#   picture FILE [DARK]     keeps what the section drew for the book, one SVG or two PNGs: for the light and the dark theme
#   pictures_of_page QUERY ARGUMENT...
#                           keeps what a reader sees in a browser of the page that `cargo rops ARGUMENT...` serves
#   has_tool PROGRAM PACKAGE  whether it is installed, or else says what is left out; with CI=true that is a failure
#   say TEXT                tells what takes long
# and the folder $WORK for their files; it goes away when the script ends, whatever ends it.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SCRIPT=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)/$(basename "${BASH_SOURCE[1]}")
cd "$ROOT"

WORK=$(mktemp -d "${TMPDIR:-/tmp}/workshop.XXXXXX")

CURRENT_SECTION=
TEE_PID=

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  STRONG=$'\e[1m' QUIET=$'\e[2m' PLAIN=$'\e[0m'
else
  STRONG='' QUIET='' PLAIN=''
fi

say() {
  printf '%s%s%s\n' "$QUIET" "$*" "$PLAIN" >&2
}

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Both stand on lines that are not shown, the second as `has_tool dot graphviz || return 0`.
picture() {
  [ -n "${CAPTURE_DIR:-}" ] || return 0
  cp "$1" "$CAPTURE_DIR/$CURRENT_SECTION.${1##*.}"
  [ $# -eq 1 ] || cp "$2" "$CAPTURE_DIR/$CURRENT_SECTION-dark.${2##*.}"
}

pictures_of_page() {
  local query=$1 pid waited=0
  built rops release
  "$BINARY" "${@:2}" >page.txt 3>&- &
  pid=$!
  until grep -q ^http page.txt; do
    kill -0 "$pid" 2>/dev/null || fail "the page is not served"
    [ "$waited" -lt 200 ] || fail "the page was not there within ten seconds"
    waited=$((waited + 1))
    sleep 0.05
  done
  photograph light.png 1 "$(head -n 1 page.txt)$query"
  photograph dark.png 0 "$(head -n 1 page.txt)$query"
  end "$pid"
  picture light.png dark.png
}

# photograph FILE SCHEME URL: the page in chromium, once what it has asked for is there.
photograph() {
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
    --disable-component-update --user-data-dir="$WORK/chromium" --window-size=1000,580 --virtual-time-budget=5000 \
    --blink-settings="preferredColorScheme=$2" --screenshot="$1" "$3" >/dev/null 2>&1
  [ -s "$1" ] || fail "chromium made no picture"
}

has_tool() {
  command -v "$1" >/dev/null && return
  [ "${CI:-}" != true ] || fail "$1 is not installed: Debian has it in the package $2"
  say "left out: $1 is not installed (Debian's package $2)"
  return 1
}

# shellcheck source=services.sh
source "$ROOT/scripts/services.sh"

# --- The end ----------------------------------------------------------------------------------------------

clean_up() {
  local status=$? pid
  set +e
  trap '' INT TERM HUP
  finish_capture
  if [ "$status" -ne 0 ] && [ -n "$CURRENT_SECTION" ]; then
    report_failure "$status"
  fi
  stop_service
  for pid in $(jobs -rp); do
    end "$pid"
  done
  rm -rf "$WORK"
  exit "$status"
}

report_failure() {
  printf '%ssection %s failed (exit code %s)%s\n' "$STRONG" "$CURRENT_SECTION" "$1" "$PLAIN" >&2
  if [ -n "$SERVICE_LOG" ] && [ -s "$SERVICE_LOG" ]; then
    printf 'the last lines that the service logged:\n' >&2
    tail -n 20 "$SERVICE_LOG" | sed 's/^/  /' >&2
  fi
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# --- Sections ---------------------------------------------------------------------------------------------

section_names() {
  sed -n 's/^# section: \([^ ]*\) .*/\1/p' "$SCRIPT"
}

list_sections() {
  sed -n 's/^# section: \([^ ]*\) .*- \(.*\)/\1 \2/p' "$SCRIPT" | while read -r name question; do
    printf '%-20s %s\n' "$name" "$question"
  done
}

# The section's commands as the book shows them.
show_commands() {
  sed -n "/^$1() {\$/,/^}\$/p" "$SCRIPT" |
    sed -e '1d' -e '$d' -e '/#-[[:space:]]*$/d'
}

# A section runs in this shell, not in a pipe's, so that what it sets (such as URL) is there for the next one.
run_section() {
  CURRENT_SECTION=$1
  {
    printf '\n%s== %s%s\n' "$STRONG" "$1" "$PLAIN"
    printf '%s' "$QUIET"
    show_commands "$1"
    printf '%s\n' "$PLAIN"
  } >&2
  begin_capture "$1"
  if grep -q "^# section: $1 terminal " "$SCRIPT"; then
    # Its first line is the service that it is about; what comes after it is logged.
    LOGGED_FROM=
    "$1" </dev/null >/dev/null
    log_since "$LOGGED_FROM"
  else
    "$1" </dev/null
  fi
  finish_capture
  CURRENT_SECTION=
}

# Tells `cargo workshop capture` this run's addresses and folders, which it replaces by what the book shows.
note_values() {
  [ -n "${CAPTURE_DIR:-}" ] || return 0
  local name
  for name in URL DEBUG_URL BESIDE_URL BESIDE_DEBUG_URL DATABASE_URL CRITERION_HOME WORK; do
    printf '%s=%s\n' "$name" "${!name:-}" >>"$CAPTURE_DIR/.values"
  done
}

begin_capture() {
  [ -n "${CAPTURE_DIR:-}" ] || return 0
  local pipe=$WORK/capture
  [ -p "$pipe" ] || mkfifo "$pipe"
  tee "$CAPTURE_DIR/$1.txt" <"$pipe" &
  TEE_PID=$!
  exec 3>&1 >"$pipe"
}

# Closes the pipe and waits until all of it is written.
finish_capture() {
  [ -n "$TEE_PID" ] || return 0
  exec >&3 3>&-
  wait "$TEE_PID" || true
  TEE_PID=
}

usage() {
  printf 'usage: %s [SECTION... | --list]\n\nWithout a section it runs all of them in order:\n\n' "scripts/$(basename "$SCRIPT")"
  list_sections | sed 's/^/  /'
}

# What a section must not be called, since it would take the place of a function above.
TAKEN=$(declare -F | sed 's/^declare -f //')

main() {
  local name
  case ${1:-} in
    --list) list_sections && return ;;
    --help | -h) usage && return ;;
  esac
  for name in $(section_names); do
    if grep -qxF -e "$name" <<<"$TAKEN"; then
      fail "a section cannot be called $name: lib.sh has a function of that name"
    fi
  done
  for name in "$@"; do
    if ! section_names | grep -qxF -e "$name"; then
      printf 'error: there is no section %s\n' "$name" >&2
      usage >&2
      exit 2
    fi
  done
  if [ -n "${CAPTURE_DIR:-}" ]; then
    mkdir -p "$CAPTURE_DIR"
    note_values
  fi
  if [ $# -eq 0 ]; then
    # shellcheck disable=SC2046  # Section names have no spaces.
    set -- $(section_names)
  fi
  for name in "$@"; do
    run_section "$name"
  done
}
