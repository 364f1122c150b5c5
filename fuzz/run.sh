#!/usr/bin/env bash
# Fuzzes the probe for so many seconds, from the frames of captures and of synthetic towns on. What it finds lies in
# target/fuzzing/findings, and is run again by naming it. Usage: fuzz/run.sh SECONDS | fuzz/run.sh FINDING…
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
work=$target/fuzzing
host=$(rustc -vV | sed -n 's/^host: //p')

# What `cargo fuzz -s none` passes: coverage counters and compared values, without a sanitizer, so on stable.
coverage=(-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ctarget-cpu=x86-64-v2)
RUSTFLAGS="${coverage[*]}" \
  cargo build --quiet --locked --profile fuzz --target "$host" --package fuzz --features libfuzzer --bin fuzz
fuzz=$target/$host/fuzz/fuzz

if ! [[ ${1:-} =~ ^[0-9]+$ ]]; then
  exec "$fuzz" "$@"
fi

mkdir -p "$work/corpus" "$work/findings"
if ! [ -e "$work/seeds" ]; then
  cargo build --quiet --release --locked --no-default-features --package bench --package fuzz --bin synthesise --bin fuzz-seeds
  captures=(tests/captures/osmocom/*.pcap)
  # Third parties' captures, where that folder is there.
  for capture in ../shared/captures/public/*.pcap*; do [ -e "$capture" ] && captures+=("$capture"); done
  for town in "a --transport "{sigtran,m2ua,m2pa,sua,lite,m3ua-tcp,mtp2,mtp2-header,e1,mtp3,sccp} gb; do
    capture=$work/${town##* }.pcap
    # shellcheck disable=SC2086 # a town is several words
    "$target/release/synthesise" --quiet --subscribers 20 --minutes 5 --action-every 30 --periodic-update 6 \
      --longest-data 60 --interface $town --out "$capture"
    captures+=("$capture")
  done
  "$target/release/fuzz-seeds" "$work/seeds.new" "${captures[@]}"
  mv "$work/seeds.new" "$work/seeds"
fi

# A hang is 10 s for an input of 4 KiB; 1 GiB is what the tables of a probe need, several times over.
exec "$fuzz" "$work/corpus" "$work/seeds" -max_total_time="$1" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
  -dict=fuzz/dictionary.txt -artifact_prefix="$work/findings/" -print_final_stats=1 -verbosity=1
