#!/usr/bin/env bash
# Makes the Debian package of what `make build` has built, with `cargo deb`. Usage: package.sh [FOLDER], by default target/debian.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=target/release/touchpoint
[ -x "$binary" ] || { echo "package.sh: $binary is not built: run \`make build\`" >&2; exit 1; }
out=${1:-target/debian}
# Built once, beside all else that is built.
tools=target/tools wanted=3.8.0
[ "$("$tools/bin/cargo-deb" --version 2>/dev/null)" = "cargo-deb $wanted" ] ||
  cargo install --quiet --locked --root "$tools" --version "$wanted" --no-default-features cargo-deb >&2

mkdir -p target/package "$out"
"$binary" man target/package/man
for shell in bash zsh fish; do "$binary" completions "$shell" >"target/package/$shell"; done
"$tools/bin/cargo-deb" -p engine --no-build --quiet --strip --output "$out/" ${VERSION:+--deb-version "$VERSION"}
