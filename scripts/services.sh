# shellcheck shell=bash
# shellcheck disable=SC2034  # What is set here is for the sections.
#
# The services that a chapter's sections look into, and the programs that they call. Sourced by lib.sh, which says
# what there is.

# A database that the caller names is used as it is; otherwise each service gets a new file in $WORK.
CALLERS_DATABASE_URL=${DATABASE_URL:-}

# How many bookings `filled` stands for.
STANDARD_LOAD=30000

SERVICE_PID=
SERVICE_LOG=
SERVICE_PRINTED=

# The two services that may run at the same time: process id, and checkpoint with flags.
FIRST_PID=''
FIRST_KEY=''
BESIDE_PID=''
BESIDE_KEY=''

# --- Programs ---------------------------------------------------------------------------------------------

# built PACKAGE PROFILE [FLAG...]: builds the binary of a package, or of the one in a folder, or what the FLAGs name, at most
# once, and puts its path into BINARY. cargo says where the binary is, since readers may have a target directory of their own.
built() {
  local package=$1 profile=$2 known which=(--package "$1") from=.
  [[ $package != */* ]] || which=() from=$package
  known=$WORK/binary-$(tr ' /' '--' <<<"$*")
  if [ ! -s "$known" ]; then
    (cd "$ROOT" && cd "$from" && command cargo build ${which[@]+"${which[@]}"} --profile "$profile" "${@:3}" --message-format json-render-diagnostics \
      </dev/null) | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1 >"$known"
    [ -s "$known" ] || fail "the package $package has no such binary"
  fi
  BINARY=$(<"$known")
}

# as_a_reader FLAG...: what `cargo run --release -p step-STEP [--example NAME] [-- FLAG...]` stands for.
as_a_reader() {
  local step='' example='' slot=service flags=()
  while [ $# -gt 0 ]; do
    case $1 in
      --release | --) shift ;;
      -p) step=${2#step-} && shift 2 ;;
      --example) example=$2 && shift 2 ;;
      --listen) slot=beside && shift 2 ;;
      --debug-listen) shift 2 ;;
      *) flags+=("$1") && shift ;;
    esac
  done
  [ "$step" != coworking ] || step=app
  if [ -n "$example" ]; then
    example "$step" "$example"
  else
    # Whoever types it has ended the one that ran there.
    if [ "$slot" = beside ]; then stop_slot BESIDE; else stop_slot FIRST; fi
    "$slot" "$step" ${flags[@]+"${flags[@]}"}
    cat "$SERVICE_PRINTED"
  fi
}

# example STEP NAME: runs an example of a checkpoint on the database that the script's own checkpoint has or will have.
# What it says on stderr is shown too. In place of a STEP there may be a tool's package.
example() {
  local step=$1 name=$2 known="$WORK/database-${1%%-*}" url
  if [ ! -d "$ROOT/steps/$step" ]; then
    built "$step" release --example "$name"
    (cd "$WORK" && "$BINARY" 2>&1)
    return
  fi
  built "step-$step" release --example "$name"
  [ -s "$known" ] || database_of "$WORK/$step" >"$known"
  url=$(<"$known")
  (cd "$WORK" && "$BINARY" --database-url "$url" </dev/null 2>&1)
}

# database_of FILE: the URL of a database in the script's own file, unless the caller has one.
database_of() {
  echo "${CALLERS_DATABASE_URL:-$(sqlite_url "$1.db")}"
}

# sqlite_url PATH: its URL, in which these two would begin something else.
sqlite_url() {
  local path=${1//'%'/%25}
  echo "sqlite://${path//'?'/%3F}"
}

# A section says `cargo database query 01 ...` as a reader does, who has one database per checkpoint; here it is the
# one of the script's own service.
cargo() {
  case ${1:-} in
    run)
      as_a_reader "${@:2}"
      ;;
    database)
      local url command=${2:-} checkpoint=${3:-}
      if [ "$command" = reset ] && [ ! -s "$WORK/database-$checkpoint" ]; then
        # As on a reader's machine before the first start.
        sqlite_url "$WORK/new.db" >"$WORK/database-$checkpoint"
      fi
      [ -s "$WORK/database-$checkpoint" ] ||
        fail "cargo database: checkpoint $checkpoint has no database here: start it with \`service\` first"
      url=$(<"$WORK/database-$checkpoint")
      if [ "$command" = reset ] && [ "$url" = "$CALLERS_DATABASE_URL" ]; then
        fail "this section would empty the database of DATABASE_URL: run it without"
      fi
      built database release
      DATABASE_URL=$url "$BINARY" "${@:2}"
      [ "$command" != fill ] || echo "$url" >>"$WORK/filled"
      ;;
    workshop)
      built workshop dev
      "$BINARY" "${@:2}"
      ;;
    load | allocs)
      built load release --bin "$1"
      "$BINARY" "${@:2}"
      ;;
    explain | rops)
      built "$1" release
      "$BINARY" "${@:2}"
      ;;
    *) command cargo "$@" ;;
  esac
}

# --- Services ---------------------------------------------------------------------------------------------

service() {
  start_service FIRST "$@"
  URL=$(printed_address listening)
  DEBUG_URL=$(printed_address diagnostics)
  note_values
}

beside() {
  start_service BESIDE "$@"
  BESIDE_URL=$(printed_address listening)
  BESIDE_DEBUG_URL=$(printed_address diagnostics)
  note_values
}

filled() {
  service "$@"
  fill_once "$1"
}

beside_filled() {
  beside "$@"
  fill_once "$1"
}

fill_once() {
  if ! grep -qsxF -e "$DATABASE_URL" "$WORK/filled"; then
    say "filling the database of $1 with $STANDARD_LOAD bookings ..."
    built database release
    "$BINARY" fill "$DATABASE_URL" --bookings "$STANDARD_LOAD" >&2
    echo "$DATABASE_URL" >>"$WORK/filled"
  fi
}

# start_service SLOT STEP [FLAG...]: one service per slot, a different one takes the place of the former. In place of a STEP
# there may be a crate's folder.
start_service() {
  local slot=$1 package=$2 step=${2//\//_} key="${*:2}" database='' flags=()
  local files=$WORK/$step pid_of_slot=${slot}_PID key_of_slot=${slot}_KEY
  [ "$slot" = FIRST ] || files=$WORK/beside-$step
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      --database-url) database=$2 && shift 2 ;;
      *) flags+=("$1") && shift ;;
    esac
  done
  if [ -n "$CALLERS_DATABASE_URL" ] && [ "$slot" = BESIDE ] && [ -z "$database" ]; then
    fail "two checkpoints cannot share one database: run this section without DATABASE_URL"
  fi
  DATABASE_URL=${database:-$(database_of "$files")}
  SERVICE_LOG=$files.log
  SERVICE_PRINTED=$files.out
  if [ "$key" != "${!key_of_slot}" ] || ! kill -0 "${!pid_of_slot}" 2>/dev/null; then
    stop_slot "$slot"
    case $package in
      */* | workbench-*) ;;
      app) package=coworking ;;
      *) package=step-$step ;;
    esac
    built "$package" release
    : >"$SERVICE_PRINTED"
    # File descriptor 3 is the script's own stdout; a service that held it would keep a pipe's reader waiting.
    "$BINARY" --listen 127.0.0.1:0 --debug-listen 127.0.0.1:0 --database-url "$DATABASE_URL" \
      ${flags[@]+"${flags[@]}"} </dev/null >"$SERVICE_PRINTED" 2>"$SERVICE_LOG" 3>&- &
    printf -v "$pid_of_slot" '%s' $!
    printf -v "$key_of_slot" '%s' "$key"
    await_service "$package" "${!pid_of_slot}"
    say "$package is listening on $(printed_address listening) (process ${!pid_of_slot})"
  fi
  SERVICE_PID=${!pid_of_slot}
  LOGGED_FROM=$(wc -c <"$SERVICE_LOG")
  echo "$DATABASE_URL" >"$WORK/database-${step%%-*}"
}

# log_since BYTES: what the service has logged from there on, once nothing more comes.
log_since() {
  local known=-1 now
  now=$(wc -c <"$SERVICE_LOG")
  while [ "$now" -ne "$known" ]; do
    known=$now
    sleep 0.5
    now=$(wc -c <"$SERVICE_LOG")
  done
  tail -c "+$(($1 + 1))" "$SERVICE_LOG"
}

printed_address() {
  sed -n "s/^$1 on //p" "$SERVICE_PRINTED"
}

# The service prints `listening on` when it is ready; a big database may keep it busy before that.
await_service() {
  local package=$1 pid=$2 waited=0
  until grep -q '^listening on ' "$SERVICE_PRINTED"; do
    kill -0 "$pid" 2>/dev/null || fail "$package ended before it was ready"
    [ "$waited" -lt 1200 ] || fail "$package was not ready within a minute"
    [ "$waited" -ne 40 ] || say "waiting for $package to be ready ..."
    waited=$((waited + 1))
    sleep 0.05
  done
}

stop_service() {
  stop_slot FIRST
  stop_slot BESIDE
}

stop_slot() {
  local pid_of_slot=${1}_PID
  [ -n "${!pid_of_slot}" ] || return 0
  end "${!pid_of_slot}"
  printf -v "$pid_of_slot" '%s' ''
  printf -v "${1}_KEY" '%s' ''
}

# Asks a child to end, and insists after ten seconds. Only ever called with a process that this script started.
end() {
  local waited=0
  kill -TERM "$1" 2>/dev/null || true
  while kill -0 "$1" 2>/dev/null && [ "$waited" -lt 200 ]; do
    waited=$((waited + 1))
    sleep 0.05
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
