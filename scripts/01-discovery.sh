#!/usr/bin/env bash
#
# Chapter 1, discovery: what reading tells before any profiler runs.
# Run all of it, or one section: scripts/01-discovery.sh --list

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

GREEN=0d0f3a86-5e0c-4b0e-9d0a-4b3f7c1e9a01

# section: start - Does the service start?
start() {
  cargo run --release -p step-01-discovery
}

# section: ready - Is the database as new?
ready() {
  service 01-discovery       #-
  cargo database reset 01
}

# section: rooms exact - What does it answer?
rooms() {
  service 01-discovery       #-
  curl -s "$URL/rooms" | sed 's/},/},\n /g'
}

# section: sizes - How much code is there?
sizes() {
  wc -l steps/01-discovery/src/*.rs
}

# section: crates exact - How many crates does it build?
crates() {
  echo "crates: $(cargo tree -p step-01-discovery -e normal,build --prefix none --no-dedupe | sort -u | wc -l)"
}

# section: mysql exact - Who asked for a MySQL driver?
mysql() {
  cargo tree -p step-01-discovery -i sqlx-mysql --depth 2 | sed 's| (/.*||'
  grep -ril mysql steps/01-discovery/src || echo "no file of the code names it"
}

# section: indexes exact - What can the database find without reading everything?
indexes() {
  service 01-discovery       #-
  cargo database query 01 "select tbl_name, name from sqlite_schema where type = 'index' order by 1, 2"
}

# section: plan exact - How does it find a user's bookings?
plan() {
  service 01-discovery       #-
  cargo database query 01 "explain query plan select id, room_id, booked_on, created_at
    from bookings where user_id = 'anybody' order by booked_on, id"
}

# section: journal exact - How does it keep a transaction safe?
journal() {
  service 01-discovery       #-
  cargo database query 01 "pragma journal_mode"
}

# section: log terminal - What does one request write to the log?
log() {
  service 01-discovery       #-
  curl -s "$URL/rooms/$GREEN"
}

# section: fill exact - What if people use it for years?
fill() {
  service 01-discovery       #-
  cargo database fill 01 --bookings 30000
}

# section: my-bookings - What do my bookings cost then?
my-bookings() {
  filled 01-discovery        #-
  cargo load my-bookings --url "$URL" --requests 400 --workers 8
}

# section: crates-after exact - How many crates are left?
crates-after() {
  echo "crates: $(cargo tree -p step-02-compile-checks -e normal,build --prefix none --no-dedupe | sort -u | wc -l)"
}

# section: hint - What would you do first?
hint() {
  cargo workshop checkout --force 01 workbench/01-mine
  cargo workshop hint workbench/01-mine
  rm -rf workbench/01-mine  #-
}

# section: verify - Is it right, and what does it bring?
verify() {
  cargo workshop checkout --force 01 workbench/01-mine >/dev/null  #-
  cargo workshop diff 01 | patch -p1 -d workbench/01-mine
  cargo workshop verify workbench/01-mine
  rm -rf workbench/01-mine  #-
}

# section: start-after - Does the next checkpoint start beside the first?
start-after() {
  cargo run --release -p step-02-compile-checks -- --listen 127.0.0.1:8081 --debug-listen 127.0.0.1:6061
}

# section: plan-after exact - How does it find a user's bookings now?
plan-after() {
  beside 02-compile-checks   #-
  cargo database query 02 "explain query plan select id, room_id, booked_on, created_at
    from bookings where user_id = 'anybody' order by booked_on, id"
}

# section: log-after terminal - What does the log get now?
log-after() {
  beside 02-compile-checks   #-
  curl -s "$BESIDE_URL/rooms/$GREEN"
}

# section: compare-my-bookings - What do my bookings cost now?
compare-my-bookings() {
  filled 01-discovery        #-
  beside 02-compile-checks   #-
  cargo database reset 02
  cargo database fill 02 --bookings 30000
  cargo load my-bookings --url "$URL" --against "$BESIDE_URL" \
    --requests 1000 --workers 8
}

# section: compare-bookings - And a booking, with sixteen clients?
compare-bookings() {
  filled 01-discovery        #-
  beside_filled 02-compile-checks   #-
  cargo load bookings --url "$URL" --against "$BESIDE_URL" \
    --requests 300 --workers 16
}

# section: one-writer - Exercise 2: four connections that all write, or one?
one-writer() {
  filled 01-discovery        #-
  beside_filled 02-compile-checks   #-
  # Ctrl-C where the first checkpoint runs, then
  cargo run --release -p step-01-discovery -- --journal-mode wal --pool-size 4 --log info
  cargo load bookings --url "$URL" --against "$BESIDE_URL" \
    --requests 1000 --workers 16
}

# section: other-index exact - Exercise 3: what does it do with the day first?
other-index() {
  beside 02-compile-checks   #-
  cargo database query 02 "drop index bookings_by_user"
  cargo database query 02 "create index bookings_by_user on bookings (booked_on, user_id)"
  cargo database query 02 "explain query plan select id, room_id, booked_on, created_at
    from bookings where user_id = 'anybody' order by booked_on, id"
  cargo database query 02 "drop index bookings_by_user"
  cargo database query 02 "create index bookings_by_user on bookings (user_id, booked_on)"
}

main "$@"
