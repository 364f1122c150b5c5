#!/usr/bin/env bash
# A service under load: a town played again and again onto a link, with everything on: reloads every minute, the console looked
# at, the link taken down. Needs root. Usage: soak.sh [MINUTES] [PACKETS_PER_SECOND]. Tells memory, losses, commits and the log in the end.
set -euo pipefail
cd "$(dirname "$0")/../.."
minutes=${1:-60} rate=${2:-20000}
touchpoint=target/release/touchpoint synthesise=target/release/synthesise
work=$(mktemp -d)
tx=sk-t$$ rx=sk-r$$ port=18499
ip link add "$tx" type veth peer name "$rx" && ip link set "$tx" up && ip link set "$rx" up
cleanup() { kill "$service" "$player" 2>/dev/null || true; wait 2>/dev/null || true; ip link del "$tx"; rm -rf "$work"; }
service= player=
trap cleanup EXIT

"$synthesise" --subscribers 20000 --minutes 30 --seed 7 --out "$work/town.pcap" --directory "$work/town.csv" --quiet
cp -r deploy/demo/synthesised "$work/scenarios"
made=$("$touchpoint" token)
token=$(echo "$made" | sed -n 's/^token *//p')
cat >"$work/touchpoint.toml" <<EOF
[store]
folder = "store"
[scenarios]
folder = "scenarios"
[subscribers]
file = "town.csv"
[log]
format = "json"
[console]
listen = "127.0.0.1:$port"
[[console.token]]
name = "soak"
role = "operator"
sha256 = "$(echo "$made" | sed -n 's/^sha256 *//p')"
[[feed]]
name = "tap"
interfaces = ["$rx"]
[[channel]]
name = "sms"
url = "journal:$work/offers.jsonl"
EOF
"$touchpoint" run --config "$work/touchpoint.toml" 2>"$work/log" &
service=$!
ask() { curl -sf -H "Authorization: Bearer $token" "http://127.0.0.1:$port$1"; }
until ask /api/v1/status >/dev/null 2>&1; do sleep 0.2; kill -0 $service; done
tcpreplay -q -i "$tx" --pps "$rate" --loop 100000 "$work/town.pcap" >/dev/null 2>&1 &
player=$!

echo "minute resident_MB frames events lost offers"
for minute in $(seq "$minutes"); do
  for _ in $(seq 12); do
    sleep 5
    for page in / /scenarios /offers /areas; do ask $page >/dev/null; done
  done
  kill -HUP $service
  if [ $((minute % 10)) -eq 5 ]; then ip link set "$tx" down; sleep 3; ip link set "$tx" up; fi
  ask /api/v1/status | python3 -c "
import json, sys
status = json.load(sys.stdin)
engine = {count['name']: count['count'] for count in status['engine']}
feed = status['feeds'][0]
lost = sum(one['dropped_by_kernel'] + one['dropped_by_interface'] for one in feed['interfaces'])
print($minute, status['resident_octets'] // 1000000, feed['frames'], engine['events'], lost, engine['accepted'])"
done
kill $player; wait $player 2>/dev/null || true; player=
sleep 2
ask /api/v1/status >"$work/status"
kill -TERM $service; wait $service; service=
echo "log: $(wc -l <"$work/log") lines, $(grep -c '"level":"ERROR"' "$work/log" || true) errors, $(grep -c '"level":"WARN"' "$work/log" || true) warnings"
if grep -qE '460[0-9]{12}' "$work/status" "$work/log"; then echo "AN IDENTITY IN CLEAR" >&2; exit 1; fi
