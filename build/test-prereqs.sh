#!/usr/bin/env bash
# Installs the Debian packages of build/packages.txt whose command is missing. Nothing to do means nothing is done.
#
# This takes root, or sudo. Services of the packages are not started: while apt runs, /usr/sbin/policy-rc.d answers
# 101 ("forbidden"); whatever was there before is put back, also when this is interrupted. Nor do they start with the
# machine: the services of packages that were installed here are disabled.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
while read -r command package _; do
  case "$command" in ''|'#'*) continue ;; esac
  command -v "$command" >/dev/null 2>&1 || [ -x "/usr/sbin/$command" ] || [ -e "$command" ] || missing+=("$package")
done < packages.txt
[ ${#missing[@]} -gt 0 ] || exit 0

echo "The tests need packages that are not installed: ${missing[*]}"
echo "They are installed now with apt-get, which takes root or sudo. No service is started."

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "Neither root nor sudo: install them yourself, then run this again:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "There is no apt-get here: install what provides these commands, then run this again." >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
kept="$policy.referee-kept"
restore() {
  if "${as_root[@]}" test -e "$kept"; then
    "${as_root[@]}" mv -f "$kept" "$policy"
  else
    "${as_root[@]}" rm -f "$policy"
  fi
}
# An earlier run that was killed left its own policy in place and kept the real one: that one stays.
if "${as_root[@]}" test -e "$policy" && ! "${as_root[@]}" test -e "$kept"; then
  "${as_root[@]}" mv "$policy" "$kept"
fi
trap restore EXIT
trap 'exit 130' INT TERM
printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
"${as_root[@]}" chmod 755 "$policy"

"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"

if [ -d /run/systemd/system ]; then
  for package in "${missing[@]}"; do
    dpkg -L "$package" | sed -nE 's#^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket|timer))$#\2#p' |
      while read -r unit; do "${as_root[@]}" systemctl disable --quiet "$unit" </dev/null || true; done
  done
fi
