#!/usr/bin/env bash
# Installs, starts, upgrades, removes and purges the package on a machine that is thrown away afterwards: this one's root under an
# overlay in memory, with a network of its own. Usage: install.sh OLD.deb NEW.deb. Needs root; exits with 77 where there is no overlay.
set -euo pipefail

if [ -z "${INSIDE:-}" ]; then
  exec unshare --mount --net --pid --fork env INSIDE=outer "$0" "$@"
elif [ "$INSIDE" = outer ]; then
  root=$(mktemp -d)
  mount -t tmpfs tmpfs "$root" || exit 77
  mkdir -p "$root"/{upper,work,machine}
  mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/machine" || exit 77
  mount -t proc proc "$root/machine/proc"
  mount --rbind /dev "$root/machine/dev"
  cp "$0" "$root/machine/install.sh"
  cp "$1" "$root/machine/old.deb"
  cp "$2" "$root/machine/new.deb"
  ip link set lo up
  exec env INSIDE=machine chroot "$root/machine" /install.sh /old.deb /new.deb
fi

say() { echo "== $*"; }
start() {
  setpriv --reuid touchpoint --regid touchpoint --clear-groups --no-new-privs touchpoint run >/tmp/log 2>&1 &
  service=$!
  for _ in $(seq 100); do
    touchpoint status --token "$token" >/tmp/status 2>&1 && return
    kill -0 $service 2>/dev/null || break
    sleep 0.2
  done
  cat /tmp/log /tmp/status >&2
  exit 1
}
stop() { kill -TERM $service; wait $service; }

say "install"
dpkg --install --force-depends "$1" >/dev/null
touchpoint config check
touchpoint check /etc/touchpoint/scenarios >/dev/null
getent passwd touchpoint | grep -q /usr/sbin/nologin
[ "$(stat -c '%U %a' /var/lib/touchpoint)" = "touchpoint 750" ]
man --path >/dev/null 2>&1 && man -w touchpoint-run >/dev/null
bash -n /usr/share/bash-completion/completions/touchpoint

say "start"
made=$(touchpoint token)
token=$(echo "$made" | sed -n 's/^token *//p')
cat >>/etc/touchpoint/touchpoint.toml <<EOF
[[console.token]]
name = "test"
role = "operator"
sha256 = "$(echo "$made" | sed -n 's/^sha256 *//p')"
EOF
sed -i 's/^format = "journal"/format = "text"/' /etc/touchpoint/touchpoint.toml
start
grep -q "1 scenarios" /tmp/status
stop

say "listens by its one capability, as the unit gives it, and not without"
as_service() { setpriv --reuid touchpoint --regid touchpoint --clear-groups --no-new-privs --bounding-set -all,+net_raw "$@"; }
as_service --inh-caps -all,+net_raw --ambient-caps -all,+net_raw touchpoint decode -i lo --seconds 1 >/dev/null 2>&1
if as_service touchpoint decode -i lo --seconds 1 >/dev/null 2>&1; then echo "it listens without the capability" >&2; exit 1; fi

say "keys of pseudonyms are the service's own, and stay so when root rotates them"
[ "$(stat -c '%U %a' /var/lib/touchpoint/pseudonyms.json)" = "touchpoint 600" ]
touchpoint pseudonyms rotate | grep -q "key 2"
[ "$(stat -c '%U %a' /var/lib/touchpoint/pseudonyms.json)" = "touchpoint 600" ]

say "upgrade"
before=$(sha256sum /etc/touchpoint/touchpoint.toml)
dpkg --install --force-depends --force-confold "$2" >/dev/null
[ "$(sha256sum /etc/touchpoint/touchpoint.toml)" = "$before" ]
start
stop

say "remove"
dpkg --remove touchpoint >/dev/null
[ ! -e /usr/bin/touchpoint ] && [ -d /var/lib/touchpoint/window ] && [ -f /etc/touchpoint/touchpoint.toml ]

say "purge"
dpkg --purge touchpoint >/dev/null
[ ! -e /var/lib/touchpoint ] && [ ! -e /etc/touchpoint ]
say "done"
