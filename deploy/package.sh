#!/usr/bin/env bash
# Makes the Debian package of what `make build` has built. Usage: package.sh [FOLDER], by default target/debian.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=target/release/touchpoint
[ -x "$binary" ] || { echo "package.sh: $binary is not built: run \`make build\`" >&2; exit 1; }
out=${1:-target/debian}
version=${VERSION:-$("$binary" --version | cut -d' ' -f2)}
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"

install -D -m 0755 -s "$binary" "$root/usr/bin/touchpoint"
install -D -m 0644 deploy/touchpoint.service "$root/lib/systemd/system/touchpoint.service"
install -D -m 0640 deploy/touchpoint.toml "$root/etc/touchpoint/touchpoint.toml"
mkdir -p "$root/etc/touchpoint/scenarios"
cp -r deploy/starter/. "$root/etc/touchpoint/scenarios/"
documents=$root/usr/share/doc/touchpoint
mkdir -p "$documents"
cp -r deploy/docs/. "$documents/"
cp -r deploy/prometheus deploy/grafana README.md README.zh.md CHANGELOG.md "$documents/"
install -m 0644 LICENSE "$documents/copyright"
for shell in bash:bash-completion/completions/touchpoint zsh:zsh/vendor-completions/_touchpoint fish:fish/vendor_completions.d/touchpoint.fish; do
  file=$root/usr/share/${shell#*:}
  mkdir -p "$(dirname "$file")"
  "$binary" completions "${shell%%:*}" >"$file"
done
"$binary" man "$root/usr/share/man/man1"
gzip -9n "$root"/usr/share/man/man1/*
find "$root" -type d -exec chmod 0755 {} + && find "$root/usr/share" -type f -exec chmod 0644 {} +

install -d "$root/DEBIAN"
install -m 0755 deploy/debian/postinst deploy/debian/prerm deploy/debian/postrm "$root/DEBIAN/"
(cd "$root" && find etc -type f -printf '/%p\n' | sort) >"$root/DEBIAN/conffiles"
# libpcap is the one library that is not in the program.
cat >"$root/DEBIAN/control" <<EOF
Package: touchpoint
Version: $version
Architecture: $architecture
Maintainer: Touchpoint maintainers <touchpoint@example.org>
Depends: libc6, libstdc++6, libpcap0.8, adduser
Section: net
Priority: optional
Installed-Size: $(du -ks "$root" | cut -f1)
Description: reads 2G signalling, matches scenarios, sends offers
 A passive probe decodes the GSM A and Gb interfaces from mirrored traffic; an
 engine keeps each subscriber's last 48 hours and matches them against
 scenarios; an offer goes out within seconds, or is withheld for a reason that
 anyone can look up.
EOF
mkdir -p "$out"
package=$out/touchpoint_${version}_${architecture}.deb
dpkg-deb -Zzstd --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
