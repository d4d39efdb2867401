#!/usr/bin/env bash
# Ends what ceph-start.sh started in DIRECTORY, by its process ids, and removes the directory.
#
#   ceph-stop.sh DIRECTORY
set -uo pipefail
home=${1:?ceph-stop.sh needs the directory that ceph-start.sh was given}
[ -d "$home/pids" ] || exit 0

# What is in memory is lost with the process: there is nothing to wait for.
for file in "$home"/pids/*; do
  [ -f "$file" ] && kill -KILL "$(cat "$file")" 2>/dev/null
done

rm -rf "$home/pids"
watch=$(cat "$home/watch" 2>/dev/null || true)
[ -n "$watch" ] && [ "$watch" != "$PPID" ] && kill "$watch" 2>/dev/null
rm -rf "$home"
exit 0
