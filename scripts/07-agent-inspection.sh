#!/usr/bin/env bash
#
# Chapter 7, agent inspection: a service that runs already, seen from outside.
# Run all of it, or one section: scripts/07-agent-inspection.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What is saved lies with the script's other files: what a reader keeps is not touched.
cd "$WORK"

# section: ready - What do you need?
ready() {
  cargo database reset 07
  # Ctrl-C in all terminals where a service runs, then in one of them
  cargo run --release -p step-07-agent-inspection
}

# section: programs varies - Which programs in Rust run here?
programs() {
  service 07-agent-inspection  #-
  cargo rops
}

# section: one varies - What is this one?
one() {
  service 07-agent-inspection  #-
  cargo rops step-07-agent-inspection 2s
}

# section: tree varies - Who has started whom?
tree() {
  service 07-agent-inspection  #-
  cargo rops tree
}

# section: version - What was it built from?
version() {
  service 07-agent-inspection  #-
  cargo rops version step-07-agent-inspection
}

# section: before - How much is alive in it?
before() {
  service 07-agent-inspection  #-
  cargo rops stats step-07-agent-inspection
}

# section: book varies - And after thirty thousand bookings?
book() {
  service 07-agent-inspection  #-
  cargo load bookings --url "$URL" --requests 30000 --workers 64
}

# section: bookings exact - How many of them are still there?
bookings() {
  service 07-agent-inspection  #-
  cargo database query 07 'select count(*) from bookings'
}

# section: after - How much is alive now?
after() {
  loaded                       #-
  cargo rops stats step-07-agent-inspection
}

# section: stack varies - What does everybody do?
stack() {
  loaded                       #-
  cargo rops stack step-07-agent-inspection > stack.out
  grep '^thread' stack.out
}

# section: worker varies - What does a worker do?
worker() {
  needed stack                 #-
  grep -m 1 -A 10 tokio-rt-worker stack.out
}

# section: tasks varies - And the tasks?
tasks() {
  needed stack                 #-
  sed -n '/tasks alive/,$p' stack.out
}

# section: again varies - Do they become more?
again() {
  loaded                       #-
  cargo load bookings --url "$URL" --requests 30000 --workers 64 > load.out
  cargo rops stack step-07-agent-inspection | sed -n '/tasks alive/,$p'
}

# section: memstats - How much memory does it have?
memstats() {
  loaded                       #-
  cargo rops memstats step-07-agent-inspection
}

# section: heap varies - And for what?
heap() {
  loaded                       #-
  cargo rops pprof-heap step-07-agent-inspection -o heap.out
  cargo rops pprof top -inuse_space --show reminders heap.out
}

# section: gc - Can it give memory back?
gc() {
  loaded                       #-
  cargo rops gc step-07-agent-inspection
}

# section: setgc exact - And by itself?
setgc() {
  service 07-agent-inspection  #-
  cargo rops setgc step-07-agent-inspection
  cargo rops setgc step-07-agent-inspection 1s
  cargo rops setgc step-07-agent-inspection off
  cargo rops setgc step-07-agent-inspection 10s
}

# section: cpu varies - Where does the processor time go?
cpu() {
  service 07-agent-inspection  #-
  cargo load room --url "$URL" --requests 60000 --workers 8 > load.out &
  sleep 1; printf 'show=step_07\ntop5 -cum\n' | cargo rops pprof-cpu step-07-agent-inspection --seconds 2
  wait $!
}

# section: trace varies - What happens, and when?
trace() {
  service 07-agent-inspection  #-
  cargo load room --url "$URL" --rate 500 --requests 2000 > load.out &
  sleep 1; cargo rops trace step-07-agent-inspection --seconds 1 -o trace.out
  wait $!
  cargo rops trace requests trace.out
}

# section: two varies - Two at a time?
two() {
  service 07-agent-inspection  #-
  curl -s "$DEBUG_URL/debug/pprof/profile?seconds=3" > first.out &
  sleep 1; cargo rops pprof-cpu step-07-agent-inspection --seconds 1 -o second.out 2>&1 || true
  wait $!
}

# section: watch varies - And while you look?
watch() {
  has_tool tmux tmux || return 0  #-
  watched                         #-
}

# section: port - And from another machine?
port() {
  service 07-agent-inspection  #-
  cargo rops stats "$DEBUG_URL"
}

# section: start-again - Once more, with nothing in it?
start-again() {
  # Ctrl-C where the checkpoint 07 runs, then there
  cargo run --release -p step-07-agent-inspection
}

# section: start-after - What is the end?
start-after() {
  cargo run --release -p coworking -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
}

# section: compare varies - Is it as fast?
compare() {
  service 07-agent-inspection  #-
  beside app                   #-
  cargo load bookings --url "$URL" --against "$BESIDE_URL" --requests 10000 --workers 64
}

# section: tasks-before - What is left in the checkpoint?
tasks-before() {
  both_loaded                  #-
  cargo rops stats step-07-agent-inspection | grep alive
}

# section: tasks-after - And in the app?
tasks-after() {
  both_loaded                  #-
  cargo rops stats coworking | grep alive
}

# section: memory - And in memory?
memory() {
  both_loaded                  #-
  cargo rops gc step-07-agent-inspection
  cargo rops gc coworking
}

# section: fill - With more bookings ahead?
fill() {
  service 07-agent-inspection  #-
  beside app                   #-
  cargo database fill 07 --bookings 300000
  cargo database fill app --bookings 300000
}

# section: start-full - Once more?
start-full() {
  # Ctrl-C where the checkpoint 07 runs, then there
  cargo run --release -p step-07-agent-inspection
}

# section: start-full-after - And the app?
start-full-after() {
  # Ctrl-C where the app runs, then there
  cargo run --release -p coworking -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
  : > full                     #-
}

# section: full - What does a start with 300,000 bookings bring about?
full() {
  full_started                 #-
  cargo rops stats step-07-agent-inspection | grep alive
  cargo rops stats coworking | grep alive
  cargo rops memstats step-07-agent-inspection | grep -E 'total-alloc|resident'
  cargo rops memstats coworking | grep -E 'total-alloc|resident'
}

# --- What a section needs that runs alone -----------------------------------------------------------------

needed() {
  [ -s "$1.out" ] || "$1" >/dev/null
}

is_loaded() {
  cargo rops stats "$1" | grep -q 'alive: [0-9]*,'
}

loaded() {
  service 07-agent-inspection
  is_loaded step-07-agent-inspection || book >/dev/null
}

both_loaded() {
  service 07-agent-inspection
  beside app
  is_loaded step-07-agent-inspection || compare >/dev/null
}

full_started() {
  [ -e full ] || { fill && start-full && start-full-after; } >/dev/null
}

# The screen of a terminal, as a text. What runs in it ends by itself, whatever becomes of this script.
watched() {
  service 07-agent-inspection
  built rops release
  local terminal=(tmux -L "workshop-$$" -f /dev/null)
  "${terminal[@]}" new-session -d -x 80 -y 24 "timeout 30 '$BINARY' watch step-07-agent-inspection"
  cargo load mixed --url "$URL" --rate 400 --requests 6000 > load.out
  "${terminal[@]}" capture-pane -p
  "${terminal[@]}" kill-server
}

main "$@"
