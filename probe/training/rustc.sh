#!/bin/sh
# How cargo calls rustc here (`.cargo/config.toml`): as ever, but the optimised `probe` and `event` are laid out by the profile
# that lies beside this script; or, where TRAINING is set, they and the program that trains them count the ways that are gone.
# See README.md.
case " $* " in
  # Other ways through the same functions than those that were counted.
  *" --test "* | *" debug-assertions=on "* | *" incremental="*) exec "$@" ;;
  *" --crate-name probe "*" opt-level=3 "* | *" --crate-name event "*" opt-level=3 "*) ;;
  *" --crate-name decode_benchmark "*) exec "$@" ${TRAINING:+-Cprofile-generate} ;;
  *) exec "$@" ;;
esac
# A profile knows functions by their symbols. Cargo puts into these what other crates it was asked for, which tells nothing here.
for word; do
  shift
  case $word in metadata=*) word=metadata=trained ;; esac
  set -- "$@" "$word"
done
if [ -n "$TRAINING" ]; then
  exec "$@" -Cprofile-generate
else
  exec "$@" "-Cprofile-use=${0%/*}/probe.profdata"
fi
