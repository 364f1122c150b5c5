#!/bin/bash
# The first process of a kernel of user-mode Linux whose files are the host's: brings up what the story needs, runs it, halts.
# The environment is the kernel's command line: STORY (words separated by |), NOW (seconds since 1970).
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
date -s "@$NOW" >/dev/null
modules=/usr/lib/uml/modules/$(uname -r)
load() { # A module after those it needs; there is no /lib/modules of this kernel.
  local line
  line=$(grep -E "/$1\.ko:" "$modules/modules.dep") || { echo "no module $1" >&2; return; }
  for needed in $(echo "${line#*:}" | tr ' ' '\n' | tac); do insmod "$modules/$needed" 2>/dev/null; done
  insmod "$modules/${line%%:*}"
}
for module in hmac md5 sha1_generic crc32c_generic sctp; do load "$module"; done
IFS='|' read -ra words <<<"$STORY"
"${words[@]}"
sync
echo o >/proc/sysrq-trigger
sleep 5
