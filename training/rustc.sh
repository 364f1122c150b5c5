#!/bin/sh
# How cargo calls rustc here (`.cargo/config.toml`): as ever, but the optimised crates of a frame's and an event's way are laid out
# by the profiles that lie beside this script; or, where TRAINING is set, they and the programs that train them count the ways that
# are gone. See README.md.
case " $* " in
  # Other ways through the same functions than those that were counted.
  *" --test "* | *" debug-assertions=on "* | *" incremental="*) exec "$@" ;;
  *" --crate-name probe "*" opt-level=3 "* | *" --crate-name event "*" opt-level=3 "*) profile=probe ;;
  *" --crate-name rules "*" opt-level=3 "* | *" --crate-name engine "*" opt-level=3 "*) profile=engine ;;
  *" --crate-name decode_benchmark "* | *" --crate-name store_benchmark "* | *" --crate-name touchpoint "*) exec "$@" ${TRAINING:+-Cprofile-generate} ;;
  *) exec "$@" ;;
esac
# A profile knows functions by their symbols. Cargo puts into these what other crates it was asked for, which tells nothing here.
for word; do
  shift
  case $word in metadata=*) word=metadata=trained ;; esac
  set -- "$@" "$word"
done
# What lies in a program, and in no library, need not look up where its own functions are (`relocation-model`).
if [ -n "$TRAINING" ]; then
  exec "$@" -Cprofile-generate
else
  exec "$@" -Crelocation-model=pie "-Cprofile-use=${0%/*}/$profile.profdata"
fi
