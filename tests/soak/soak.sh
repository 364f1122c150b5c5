#!/usr/bin/env bash
# Everything on, for as long as you like: one town after the other, A and Gb, onto two links, one of which goes down and comes back;
# a message centre that is started anew; scenarios that change and are read again every minute; the console open in a browser;
# events written to another program. Every page, answer, metric, event and log line is searched for identities.
# Usage: soak.sh [MINUTES] [PACKETS_PER_SECOND]. Needs root, node, chromedriver, tcpreplay; exits with 1 where something is wrong.
set -euo pipefail
# Each part with its children is a group of processes of its own.
set -m
cd "$(dirname "$0")/../.."
minutes=${1:-60} rate=${2:-10000}
# Seconds after which the message centre is started anew, and the second link goes down.
centre_s=600 flap_s=297
if [ "$minutes" -lt 30 ]; then centre_s=100 flap_s=87; fi
work=$(mktemp -d)
cp target/release/touchpoint target/release/synthesise "$work/"
touchpoint=$work/touchpoint
smpp=$PWD/target/peers/smsc/node_modules
[ -d "$smpp/smpp" ] || { echo "soak.sh: run \`cargo test --release -p tests --test smpp\` first: it brings the message centre" >&2; exit 2; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
console=$(free_port) metrics=$(free_port) centre=$(free_port) sink=$(free_port)

started=()
cleanup() {
  for process in "${started[@]}"; do kill -- "-$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  for tap in a b; do ip link del "sk$tap-t$$" 2>/dev/null || true; done
  [ -n "${KEEP:-}" ] && echo "kept: $work" || rm -rf "$work"
}
trap cleanup EXIT
begin() { "$@" & started+=($!); }

for tap in a b; do
  ip link add "sk$tap-t$$" type veth peer name "sk$tap-r$$"
  # Without addresses nothing comes but what is played.
  for end in t r; do ip link set "sk$tap-$end$$" addrgenmode none && ip link set "sk$tap-$end$$" up; done
done
# Half an hour of a town of its own for each seed, A and Gb; most of the subscribers are the same in all of them.
town() {
  nice "$work/synthesise" --subscribers 20000 --minutes 30 --interface both --seed "$1" --out "$2" --directory "$2.csv" --quiet
}
for seed in $(seq 8); do town "$seed" "$work/town"; cat "$work/town.csv"; done |
  awk -F, 'NR == 1 || $1 != "imsi" && !seen[$1]++' >"$work/subscribers.csv"
rm "$work/town"

# Scenarios of the demonstration, without what would keep the same subscribers from getting offers for an hour.
cp -r deploy/demo/synthesised "$work/scenarios"
sed -i '/^静默/d; /^频次/d' "$work/scenarios/policy.yaml"
sed -i 's/^限制: .*/限制: {时效: 2m}/' "$work/scenarios/scenarios/"{dial-114,back-on,wanda}.yaml
cat >"$work/touchpoint.toml" <<END
[store]
folder = "store"
[scenarios]
folder = "scenarios"
[subscribers]
file = "subscribers.csv"
[events]
to = "tcp:127.0.0.1:$sink"
[runaway]
factor = 0
[log]
format = "json"
[metrics]
listen = "127.0.0.1:$metrics"
[console]
listen = "127.0.0.1:$console"
[[feed]]
name = "a"
interfaces = ["ska-r$$"]
[[feed]]
name = "b"
interfaces = ["skb-r$$"]
[[channel]]
name = "sms"
url = "smpp://touchpoint@127.0.0.1:$centre?window=50"
END
for role in operator privacy_officer; do
  made=$("$touchpoint" token)
  echo "$made" | sed -n 's/^token *//p' >"$work/$role.token"
  cat >>"$work/touchpoint.toml" <<END
[[console.token]]
name = "$role"
role = "$role"
sha256 = "$(echo "$made" | sed -n 's/^sha256 *//p')"
END
done

# The message centre, which ends with its standard input, and is back two seconds later.
centre() {
  while :; do
    NODE_PATH=$smpp node tests/peers/smsc/server.js \
      "{\"port\": $centre, \"terse\": true, \"receipts\": \"text\", \"max_seconds\": 86400}" < <(exec sleep "$centre_s") \
      | grep --line-buffered -o '"event":"submit_sm"' >>"$work/submitted" || true
    sleep 2
  done
}
# A link that is down for three seconds again and again.
flap() {
  while sleep "$flap_s"; do
    ip link set "skb-t$$" down; sleep 3; ip link set "skb-t$$" up
  done
}
# One town after the other: what came by the same associations once more would be what was sent again.
play() {
  town "$3" "$2.next"
  for seed in $(seq "$3" 2 100000); do
    mv "$2.next" "$2"
    town $((seed + 2)) "$2.next" &
    next=$!
    tcpreplay -q -i "$1" --pps $((rate / 2)) --pps-multi 50 "$2" >/dev/null 2>&1 || sleep 0.2
    wait "$next"
  done
}
begin centre
begin python3 tests/soak/sink.py "$sink" "$work"
TOUCHPOINT_SMPP_PASSWORD=secret begin "$touchpoint" run --config "$work/touchpoint.toml" 2>"$work/log"
service=${started[-1]}
until curl -sf "http://127.0.0.1:$console/api/v1/health" >/dev/null; do kill -0 "$service"; sleep 0.2; done
begin node tests/soak/browser.mjs "http://127.0.0.1:$console" "$(cat "$work/operator.token")" "$work"
seed=1
for tap in a b; do begin play "sk$tap-t$$" "$work/$tap.pcap" "$seed"; players+=("${started[-1]}"); seed=2; done
begin flap
flapping=${started[-1]}

watch() { python3 tests/soak/watch.py "$work" "http://127.0.0.1:$console" "http://127.0.0.1:$metrics/metrics" "$@"; }
watch during "$minutes" "$service"
for process in "$flapping" "${players[@]}"; do kill -- "-$process"; done
ip link set "skb-t$$" up
sleep 5
watch after "ska-r$$" "skb-r$$"
kill -TERM "$service"
ended=0
wait "$service" || ended=$?
watch judge "$ended"
