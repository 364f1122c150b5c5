#!/usr/bin/env bash
# Builds the container with buildah, without a daemon and without a registry: what its file calls debian:bookworm-slim is made of
# Debian's archive. Then tries it with and without the capability to listen. Usage: container.sh PACKAGE.deb. Needs root, buildah
# and mmdebstrap; leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
ours() { buildah --root "$work/images" --runroot "$work/run" "$@"; }

mmdebstrap --quiet --variant=minbase bookworm "$work/base.tar"
base=$(ours from scratch)
ours add --quiet "$base" "$work/base.tar" /
ours commit --quiet "$base" docker.io/library/debian:bookworm-slim >/dev/null

mkdir -p "$work/context/target/debian" "$work/share"
cp "$1" "$work/context/target/debian/"
ours build --quiet --network host --pull-never -f deploy/Containerfile -t touchpoint "$work/context" >/dev/null
cp tests/captures/osmocom/a-msc-leg.pcap "$work/share/"
cp -r deploy/demo/recorded "$work/share/"
chmod -R a+rX "$work/share"

container=$(ours from --pull-never localhost/touchpoint)
for capability in none CAP_NET_RAW; do
  with=()
  [ "$capability" = none ] || with=(--cap-add "$capability")
  inside() { ours run "${with[@]}" -v "$work/share:/share:ro" "$container" -- "$@"; }
  echo "== $capability"
  inside touchpoint --version
  [ "$(inside id -un)" = touchpoint ]
  inside touchpoint config check
  inside touchpoint replay /share/a-msc-leg.pcap --scenarios /share/recorded \
    --subscribers /share/recorded/subscribers.csv --journal "/tmp/$capability.jsonl" >/dev/null
  inside sh -c "wc -l </tmp/$capability.jsonl"
  heard=listens
  inside touchpoint decode -i lo --seconds 1 >/dev/null 2>&1 || heard="does not listen"
  echo "$heard"
done
echo "== done"
