#!/usr/bin/env bash
#
# Chapter 6, tracing: what waits, for whom, and why no CPU profile shows it.
# Run all of it, or one section: scripts/06-tracing.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Traces and pictures lie with the script's other files: what a reader keeps is not touched.
cd "$WORK"

# section: ready - What do you need?
ready() {
  cargo database reset 06
  # Ctrl-C in all terminals where a service runs, then in one of them
  cargo run --release -p step-06-tracing
}

# section: room varies - How fast is a look at a room?
room() {
  service 06-tracing         #-
  cargo load room --url "$URL" --rate 200 --requests 600
}

# section: room-with-logins varies - And while people log in?
room-with-logins() {
  service 06-tracing         #-
  cargo load room --url "$URL" --rate 200 --requests 600 --logins 70
}

# section: cpu varies - What does the CPU profile say?
cpu() {
  service 06-tracing         #-
  cargo load room --url "$URL" --rate 200 --requests 1600 --logins 70 > l.out &
  sleep 6; curl -s "$DEBUG_URL/debug/pprof/profile?seconds=2" > cpu.out
  wait $!
  cargo rops pprof tags cpu.out
}

# section: trace varies - What happened in those seconds?
trace() {
  service 06-tracing         #-
  cargo load room --url "$URL" --rate 200 --requests 1600 --logins 70 > l.out &
  sleep 6; curl -s --compressed "$DEBUG_URL/debug/pprof/trace?seconds=3" > trace.out
  wait $!
  cargo rops trace summary trace.out
}

# section: requests varies - Where did the requests' time go?
requests() {
  needed trace               #-
  cargo rops trace requests trace.out
}

# section: why varies - Why was the slowest one slow?
why() {
  needed trace               #-
  cargo rops trace why --slowest '/rooms/{id}' trace.out
}

# section: timeline - How does that look?
timeline() {
  needed trace               #-
  cargo rops trace svg --slowest '/rooms/{id}' --output timeline.svg trace.out
  picture timeline.svg       #-
}

# section: polls varies - Who held the workers?
polls() {
  needed trace               #-
  cargo rops trace polls --count 2 trace.out
}

# section: tasks varies - Which tasks are there, and what do they do?
tasks() {
  needed trace               #-
  cargo rops trace tasks trace.out
}

# section: web - And all of it on one page?
web() {
  needed trace                            #-
  has_tool chromium chromium || return 0  #-
  pictures_of_page '' trace web trace.out #-
}

# section: both varies - What is next, and what has been?
both() {
  service 06-tracing         #-
  cargo load room --url "$URL" --rate 200 --requests 600 > load.out
  curl -s --compressed "$DEBUG_URL/debug/pprof/trace?seconds=2" > next.out &
  curl -s --compressed "$DEBUG_URL/debug/flight-recorder?seconds=3" > last.out
  wait $!
  cargo rops trace summary last.out
}

# section: start-watching - Can it watch by itself?
start-watching() {
  mkdir -p dumps
  # Ctrl-C where the checkpoint 06 runs, then there
  cargo run --release -p step-06-tracing -- --slow-request-ms 20 --dump-folder dumps
}

# section: dumps varies - What has it caught?
dumps() {
  mkdir -p dumps                                                #-
  service 06-tracing --slow-request-ms 20 --dump-folder dumps  #-
  cargo load room --url "$URL" --rate 200 --requests 400 --logins 90 > load.out
  ls dumps
  cargo rops trace why "$(find dumps -name '*.gz' | sort | tail -n 1)"
}

# section: start-flame - Where are spans, in one picture?
start-flame() {
  # Ctrl-C where the checkpoint 06 runs, then there
  cargo run --release -p step-06-tracing -- --trace-flame spans.folded
}

# section: flame - What is in it?
flame() {
  service 06-tracing --trace-flame spans.folded                 #-
  cargo load mixed --url "$URL" --rate 200 --requests 400 > load.out
  stop_service                                                  #-
}

# section: draw-flame - How does that look?
draw-flame() {
  # Ctrl-C where the checkpoint 06 runs: the last lines are written at its end
  cargo run --release -p benchmem --example flame < spans.folded > spans.svg
  picture spans.svg                                             #-
}

# section: start-again - Once more?
start-again() {
  cargo run --release -p step-06-tracing
}

# section: start-after - What is next?
start-after() {
  cargo run --release -p step-07-agent-inspection -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
}

# section: compare-room-30 varies - With a few logins?
compare-room-30() {
  service 06-tracing         #-
  beside 07-agent-inspection #-
  cargo load room --url "$URL" --against "$BESIDE_URL" --rate 200 --requests 400 --logins 30
}

# section: compare-room-70 varies - With many?
compare-room-70() {
  service 06-tracing         #-
  beside 07-agent-inspection #-
  cargo load room --url "$URL" --against "$BESIDE_URL" --rate 200 --requests 400 --logins 70
}

# section: compare-logins varies - And the logins themselves?
compare-logins() {
  service 06-tracing         #-
  beside 07-agent-inspection #-
  cargo load logins --url "$URL" --against "$BESIDE_URL" --requests 80 --workers 4
}

# section: bookings varies - What does a booking wait for?
bookings() {
  service 06-tracing         #-
  cargo load bookings --url "$URL" --requests 6000 --workers 16 > l.out &
  sleep 1; curl -s --compressed "$DEBUG_URL/debug/pprof/trace?seconds=1" > bookings.out
  wait $!
  cargo rops trace requests bookings.out
}

# section: waits varies - As a profile?
waits() {
  service 06-tracing         #-
  cargo load bookings --url "$URL" --requests 3000 --workers 16 > load.out
  curl -s "$DEBUG_URL/debug/pprof/waits?seconds=5" > waits.out
  cargo rops pprof top --cum --node-count 6 waits.out
}

# section: compare-bookings-1 varies - One client?
compare-bookings-1() {
  service 06-tracing         #-
  beside 07-agent-inspection #-
  cargo load bookings --url "$URL" --against "$BESIDE_URL" --requests 1000 --workers 1
}

# section: compare-bookings-16 varies - Sixteen?
compare-bookings-16() {
  service 06-tracing         #-
  beside 07-agent-inspection #-
  cargo load bookings --url "$URL" --against "$BESIDE_URL" --requests 2000 --workers 16
}

# section: compare-bookings-64 varies - Sixty-four?
compare-bookings-64() {
  service 06-tracing         #-
  beside 07-agent-inspection #-
  cargo load bookings --url "$URL" --against "$BESIDE_URL" --requests 4000 --workers 64
}

# section: syncs varies - How many times does the disk have to say that it is done?
syncs() {
  has_tool strace strace || return 0                            #-
  service 06-tracing         #-
  beside 07-agent-inspection #-
  strace -f -o before.out -e trace=fsync,fdatasync -p "$(pgrep -n step-06)" 2> strace.out &
  sleep 1; cargo load bookings --url "$URL" --requests 1000 --workers 64 > load.out; kill $!
  strace -f -o after.out -e trace=fsync,fdatasync -p "$(pgrep -n step-07)" 2> strace.out &
  sleep 1; cargo load bookings --url "$BESIDE_URL" --requests 1000 --workers 64 > load.out; kill $!
  grep -c sync before.out after.out
}

# section: start-talking - How many are committed together?
start-talking() {
  # Ctrl-C where the checkpoint 07 runs, then there
  cargo run --release -p step-07-agent-inspection -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061 \
    --log step_07_agent_inspection=debug 2> batches.log
}

# section: sizes varies - How many are committed together?
sizes() {
  beside 07-agent-inspection --log step_07_agent_inspection=debug  #-
  ln -sf "$SERVICE_LOG" batches.log                             #-
  cargo load bookings --url "$BESIDE_URL" --requests 4000 --workers 64 > load.out
  grep -o 'batch{size=[0-9]*}' batches.log | sort | uniq -c | sort -rn | head -n 12
}

# A section that reads a trace takes it first if it runs alone.
needed() {
  [ -s "$1.out" ] || "$1" >/dev/null
}

main "$@"
