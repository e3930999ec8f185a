#!/usr/bin/env bash
# rops pprof top beside go tool pprof -top, in turn: time and memory on a profile of a service and on a large one.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/test-tools.sh
source scripts/test-tools.sh
type -P time >/dev/null || { echo "time is missing: apt install time" >&2; exit 1; }
has go || { echo "go is missing: bash -c 'source scripts/test-tools.sh; install_missing'" >&2; exit 1; }

target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "building rops and a large profile" >&2
cargo build --quiet --release -p rops
cargo run --quiet -p rops --example generated -- 105000 "$folder/large.pb.gz"
cp tools/rops/tests/go/cpu.pb.gz "$folder/small.pb.gz"

export GOTOOLCHAIN=local
# Go's tool itself, without `go` in front of it, which looks for it first.
pprof=$(go tool -n pprof)
python3 - "$target/release/rops" "$pprof" "$folder" <<'PYTHON'
import os, statistics, subprocess, sys, time

rops, pprof, folder = sys.argv[1:]
COMMANDS = {
    "rops pprof top": [rops, "pprof", "top"],
    "pprof -top": [pprof, "-top"],
    "go tool pprof -top": ["go", "tool", "pprof", "-top"],
    # What it takes to start a program that does nothing.
    "true": ["true"],
}

def seconds(command):
    """How long it takes; the output goes away."""
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=nowhere)
    _, status = os.waitpid(process, 0)
    assert status == 0, command
    return time.monotonic() - start

def memory(command):
    """MiB at most. Its own memory is what counts, and a child of this process begins with that of Python."""
    ran = subprocess.run(["time", "-f", "%M", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 0, command
    return int(ran.stderr.split()[-1]) / 1024

for name, runs in (("small", 40), ("large", 8)):
    file = f"{folder}/{name}.pb.gz"
    times = {label: [] for label in COMMANDS}
    for _ in range(runs):
        for label, command in COMMANDS.items():
            times[label].append(seconds([*command, file]))
    print(f"{os.path.getsize(file) / 1000:.0f} kB, {runs} runs in turn: median time, largest memory of three")
    first = None
    for label, command in COMMANDS.items():
        took = statistics.median(times[label])
        most = max(memory([*command, file]) for _ in range(3))
        first = first or (took, most)
        print(f"  {label:20} {took * 1000:8.1f} ms {most:7.1f} MiB   {took / first[0]:5.1f} x {most / first[1]:5.1f} x")
PYTHON
