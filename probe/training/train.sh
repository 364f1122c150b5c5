#!/usr/bin/env bash
# Makes `probe.profdata` anew: builds the probe so that it counts which way it goes, lets it read synthetic towns on every
# transport, and merges what was counted. Takes a few minutes. Needs `rustup component add llvm-tools`.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=${CARGO_TARGET_DIR:-target}/training
merge=$(find "$(rustc --print sysroot)/lib/rustlib" -name llvm-profdata | head -n 1)
[ -n "$merge" ] || { echo "train.sh: llvm-profdata is not there: rustup component add llvm-tools" >&2; exit 1; }

TRAINING=1 cargo build --release --locked --quiet --target-dir "$work" --package bench --no-default-features \
  --bin synthesise --bin decode-benchmark

rm -rf "$work/counted" && mkdir -p "$work/counted" "$work/towns"
town() { # NAME OPTIONS…
  "$work/release/synthesise" --quiet --seed 7 --out "$work/towns/$1.pcap" "${@:2}"
  LLVM_PROFILE_FILE=$work/counted/$1-%p.profraw "$work/release/decode-benchmark" probe "$work/towns/$1.pcap" "${messages[@]}"
}

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
"$merge" merge --sparse --output probe/training/probe.profdata "$work/counted"
ls -l probe/training/probe.profdata
