#!/usr/bin/env bash
# Makes the profiles anew, or one of them: `train.sh probe`, `train.sh engine`. Builds programs that count which ways they go, lets
# them do what they do all day, and merges what was counted. That takes minutes; the first time for the engine a quarter of an hour
# more, as RocksDB is compiled. Needs `rustup component add llvm-tools`.
set -euo pipefail
cd "$(dirname "$0")/.."

work=${CARGO_TARGET_DIR:-target}/training
merge=$(find "$(rustc --print sysroot)/lib/rustlib" -name llvm-profdata | head -n 1)
[ -n "$merge" ] || { echo "train.sh: llvm-profdata is not there: rustup component add llvm-tools" >&2; exit 1; }
mkdir -p "$work/towns"

build() { # OPTIONS…
  TRAINING=1 cargo build --release --locked --quiet --target-dir "$work" --package bench "$@"
  rm -rf "$work/counted" && mkdir "$work/counted"
}

merge() { # NAME
  "$merge" merge --sparse --output "training/$1.profdata" "$work"/counted/*
  ls -l "training/$1.profdata"
}

town() { # NAME OPTIONS…
  "$work/release/synthesise" --quiet --seed 7 --out "$work/towns/$1.pcap" "${@:2}"
  LLVM_PROFILE_FILE=$work/counted/$1-%p.profraw "$work/release/decode-benchmark" probe "$work/towns/$1.pcap" "${messages[@]}"
}

probe() {
  build --no-default-features --bin synthesise --bin decode-benchmark
  # What most exchanges give counts most; every other way is known.
  messages=()
  town sigtran --subscribers 200000 --bsc 100 --associations 2000 --minutes 2
  town gb --subscribers 50000 --minutes 10 --interface gb
  for transport in m2ua m2pa sua lite m3ua-tcp mtp2 mtp2-header e1 mtp3 sccp; do
    town "$transport" --subscribers 3000 --minutes 10 --transport "$transport"
  done
  for carrier in frame-relay gre e1; do
    town "gb-$carrier" --subscribers 3000 --minutes 10 --interface gb --gb-carrier "$carrier"
  done
  town wrapped --subscribers 3000 --minutes 10 --wrap vlan,gre,ipv6
  town faults --subscribers 3000 --minutes 20 --interface both --loss 0.01 --duplicate 0.02 --reorder 0.02 --longest-data 60 --resets 2
  messages=(--messages)
  town shown --subscribers 10000 --minutes 10 --interface both
  merge probe
}

# Without scenarios, with three, with a hundred; and from a capture.
engine() {
  build --package engine --bin synthesise --bin store-benchmark --bin touchpoint
  LLVM_PROFILE_FILE=$work/counted/%p.profraw "$work/release/store-benchmark" --rounds 1 --events 10000000 --folder "$work"
  merge engine
}

[ $# -gt 0 ] || set -- probe engine
for part; do "$part"; done
