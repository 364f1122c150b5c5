#!/usr/bin/env bash
# Installs the Debian packages that a purpose needs and that are missing. Usage: packages.sh build|test|elements ...
set -euo pipefail

wanted=()
for purpose in "$@"; do
  case "$purpose" in
    # RocksDB is compiled from C++ and its bindings are made with libclang; libpcap is the capture library; packages are made
    # with dpkg-dev.
    build) wanted+=(g++ make pkg-config libpcap-dev libclang1-14 libclang-common-14-dev dpkg-dev) ;;
    # The independent dissectors; a push proxy gateway; links and players for live capture; node runs a real SMSC, a browser the
    # console; promtool reads the alerts; a broker takes events.
    test)
      wanted+=(tshark openssl libwbxml2-utils kannel python3 iproute2 tcpdump tcpreplay chromium chromium-driver)
      wanted+=(prometheus redis-server)
      command -v npm >/dev/null || wanted+=(nodejs npm) ;;
    # Real network elements to listen to; a kernel that has SCTP, in user mode; what computes a SIM's answers.
    elements)
      wanted+=(osmo-stp osmo-msc osmo-bsc osmo-hlr osmo-mgw osmo-sgsn osmo-ggsn libosmocore-utils)
      wanted+=(user-mode-linux kmod python3 tshark iproute2) ;;
    *) echo "packages.sh: unknown purpose \`$purpose\`: say build, test or elements" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Please install as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing from Debian: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
# Network elements are programs of the tests, not services of this machine: they are neither started now nor at the next boot.
mapfile -t services < <(printf '%s\n' "${missing[@]}" | grep -E '^(osmo-|kannel|prometheus|redis-server)' || true)
[ -d /run/systemd/system ] || services=()
if [ ${#services[@]} -gt 0 ]; then "${as_root[@]}" systemctl --quiet --runtime mask "${services[@]/%/.service}"; fi
# The list of packages may be missing or old on a fresh machine: refresh it only when the first try fails.
install || { "${as_root[@]}" apt-get update >/dev/null 2>&1 && install; } || {
  tail -n 20 "$log" >&2
  echo "Installing failed. Please install by hand: apt-get install ${missing[*]}" >&2
  exit 1
}
if [ ${#services[@]} -gt 0 ]; then
  "${as_root[@]}" systemctl --quiet --runtime unmask "${services[@]/%/.service}"
  "${as_root[@]}" systemctl --quiet disable "${services[@]/%/.service}"
fi
