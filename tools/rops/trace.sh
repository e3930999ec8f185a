#!/usr/bin/env bash
# rops trace summary beside go tool trace, on traces of 150 MB: time and memory.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/test-tools.sh
source scripts/test-tools.sh
type -P time >/dev/null || { echo "time is missing: apt install time" >&2; exit 1; }
has go || { echo "go is missing: bash -c 'source scripts/test-tools.sh; install_missing'" >&2; exit 1; }

target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GOTOOLCHAIN=local GOFLAGS=-mod=mod GOCACHE="$folder/cache" GOPATH="$folder/go"
echo "building rops, and a program in Go that traces itself" >&2
cargo build --quiet --release -p rops
mkdir "$folder/program"
cat >"$folder/program/go.mod" <<'GO'
module program

go 1.24
GO
cat >"$folder/program/main.go" <<'GO'
// Goroutines that hand a number around, traced until the trace is large enough.
package main

import (
	"os"
	"runtime/trace"
)

type counted struct {
	file *os.File
	size int
	full chan struct{}
}

func (c *counted) Write(bytes []byte) (int, error) {
	before := c.size
	c.size += len(bytes)
	if before < 150_000_000 && c.size >= 150_000_000 {
		close(c.full)
	}
	return c.file.Write(bytes)
}

func main() {
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	out := &counted{file: file, full: make(chan struct{})}
	if err := trace.Start(out); err != nil {
		panic(err)
	}
	first := make(chan int)
	in := first
	for range 64 {
		next := make(chan int)
		go func(in, next chan int) {
			for number := range in {
				next <- number + 1
			}
		}(in, next)
		in = next
	}
	go func() {
		for number := range in {
			first <- number
		}
	}()
	for range 16 {
		first <- 0
	}
	<-out.full
	trace.Stop()
	file.Close()
}
GO
(cd "$folder/program" && go build -o ../go-program .)
"$folder/go-program" "$folder/go.trace"
tool=$(go tool -n trace)

python3 - "$target/release/rops" "$tool" "$folder" <<'PYTHON'
import json, os, random, subprocess, sys, time, urllib.request

rops, tool, folder = sys.argv[1:]
random.seed(7)

# As diagnostics writes it, of a service with two workers.
path, task, now = f"{folder}/trace.json", 0, 0.0
with open(path, "w") as file:
    file.write('{"traceEvents":[\n{"ph":"M","name":"process_name","pid":1,"tid":0,"ts":0,"args":{"name":"threads"}}')
    while file.tell() < 150_000_000:
        task += 1
        now += 30.0
        span, lane = 2**60 + task, task % 8
        length = 20.0 + random.random() * 200
        poll = {"ph": "X", "name": "axum-0.8.9/src/serve/mod.rs:389:5", "cat": "poll", "pid": 1, "tid": 11 + task % 2, "ts": now, "dur": 25.5, "args": {"task": task % 500, "ready": 3.25}}
        visit = {"ph": "X", "name": "request", "cat": "span", "pid": 1, "tid": 11 + task % 2, "ts": now + 1, "dur": 20.125, "args": {"span": span, "task": task % 500}}
        request = {"ph": "X", "name": "/rooms/{id}", "cat": "request", "pid": 2, "tid": lane, "ts": now + 1, "dur": length, "args": {"span": span, "at": "src/http.rs:56", "status": 200}}
        busy = {"ph": "X", "name": "busy", "cat": "busy", "pid": 2, "tid": lane, "ts": now + 1, "dur": 20.125, "args": {"thread": 11 + task % 2, "task": task % 500}}
        for event in (poll, visit, request, busy):
            file.write(",\n" + json.dumps(event, separators=(",", ":")))
    file.write('\n],"otherData":{"records":%d,"seconds":%f,"missing":[]}}\n' % (4 * task, now / 1e6))

def told(label, file, seconds, kib, what):
    size = os.path.getsize(file) / 1e6
    print(f"{label:20} {size:5.0f} MB  {seconds:7.1f} s  {kib / 1024:7.0f} MiB   {what}")

start = time.monotonic()
ran = subprocess.run(["time", "-f", "%M", rops, "trace", "summary", path], capture_output=True, text=True, check=True)
told("rops trace summary", path, time.monotonic() - start, int(ran.stderr.split()[-1]), "until it is printed")

# Go's tool prints no summary: it is ready as soon as its first page answers.
start = time.monotonic()
port = 18000 + os.getpid() % 1000
with subprocess.Popen([tool, f"-http=127.0.0.1:{port}", f"{folder}/go.trace"], stderr=subprocess.DEVNULL, env={**os.environ, "BROWSER": "true"}) as server:
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=600).read()
            break
        except OSError:
            assert server.poll() is None, "go tool trace has ended"
            time.sleep(0.05)
    seconds = time.monotonic() - start
    with open(f"/proc/{server.pid}/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    told("go tool trace", f"{folder}/go.trace", seconds, int(peak.split()[1]), "until its page answers")
    server.kill()
PYTHON
