#!/usr/bin/env bash
# The story of CimStore: take bytes, name them by content, keep them durable, give them back verified, and tell the
# truth about it. Read it, run it: it works in an empty directory of its own, needs no port, and leaves nothing behind.
#
#   examples/spine/run.sh [DIRECTORY]     stores DIRECTORY, else this project's own sources
#
# It ends with "The story is true." and exit code 0, or at the first thing that is not as told with another one.
# $CIMSTORE_BIN names a built `cimstore`; without it one is published first.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source_tree=$(cd "${1:-$here/src}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/cimstore-story.XXXXXX")
node=""

clean_up() {
  if [ -n "$node" ]; then
    kill "$node" 2>/dev/null || true
    wait "$node" 2>/dev/null || true
  fi
  chmod -R u+w "$work" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

project=$here
. "$here/examples/story.sh"

# What is stored: a real tree, and beside it the things that go wrong elsewhere: nothing at all, a megabyte and one
# byte, a name with a newline, a symbolic link, a mode.
tree=$work/tree
mkdir -p "$tree"
(cd "$source_tree" && tar cf - --exclude=./artifacts --exclude=./.git --exclude=bin --exclude=obj .) | tar xf - -C "$tree"
: > "$tree/empty"
head -c 1048577 /dev/urandom > "$tree/large.bin"
printf 'one file\n' > "$tree"/$'two\nlines'
ln -s large.bin "$tree/link"
chmod 640 "$tree/empty"
files=$(find "$tree" -type f -printf x | wc -c)

store_and_read_back() {
  # $1: where, for the titles; the rest: how to reach the store.
  local where=$1
  shift
  tell "$where: store a tree of $files files"
  cimstore put -r "$tree" "$@" > "$work/put.txt"
  tail -n 3 "$work/put.txt"
  root=$(tail -n 1 "$work/put.txt" | cut -f 1)
  same "$(tail -n 1 "$work/put.txt" | cut -f 2)" "$tree" "the last line names the tree"
  [ "$(($(wc -l < "$work/put.txt") - 1))" -ge "$files" ] || not_as_told "put -r prints one line a file"

  tell "$where: the same tree again is the same root, and nothing is stored twice"
  local before after
  before=$(cimstore ls "$@" | wc -l)
  same "$(cimstore put -r "$tree" "$@" | tail -n 1 | cut -f 1)" "$root" "the root of the same tree"
  after=$(cimstore ls "$@" | wc -l)
  same "$after" "$before" "number of objects"
  echo "$after objects, root $root"

  tell "$where: the list is sorted, and has what was stored"
  cimstore ls "$@" > "$work/ls.txt"
  LC_ALL=C sort -c "$work/ls.txt"
  cut -f 1 "$work/put.txt" | LC_ALL=C sort -u | LC_ALL=C comm -23 - "$work/ls.txt" > "$work/absent.txt"
  [ ! -s "$work/absent.txt" ] || not_as_told "stored, but not listed: $(head -n 1 "$work/absent.txt")"
  head -n 3 "$work/ls.txt"

  tell "$where: every file reads back as it was"
  find "$tree" -type f -print0 | sort -z > "$work/paths"
  xargs -0 -a "$work/paths" "$bin" put --only-hash --null > "$work/hashes"
  rm -rf "$work/read"
  tr '\0\n' '\n\t' < "$work/hashes" | cut -f 1 | sort -u > "$work/cids.txt"
  cimstore get - -o "$work/read" "$@" < "$work/cids.txt" > /dev/null
  local checked=0 line
  while IFS= read -r -d '' line; do
    cmp "$work/read/${line%%$'\t'*}" "${line#*$'\t'}" || not_as_told "${line%%$'\t'*} does not read back as it was"
    checked=$((checked + 1))
  done < "$work/hashes"
  same "$checked" "$files" "number of files read back"
  echo "$checked files"

  tell "$where: every copy is proved against its CID on the medium"
  cimstore verify "$@"

  tell "$where: the tree comes back: names, modes, times, links"
  rm -rf "$work/restored"
  cimstore get -r "$root" -o "$work/restored" "$@" > /dev/null
  diff -r --no-dereference "$tree" "$work/restored" || not_as_told "diff -r found differences"
  same "$(stat -c %a "$work/restored/empty")" 640 "mode of a restored file"
  same "$(readlink "$work/restored/link")" large.bin "target of a restored link"
  same "$(stat -c %Y "$work/restored/empty")" "$(stat -c %Y "$tree/empty")" "time of a restored file"
  echo "diff -r is empty"

  tell "$where: a range, proved without reading the whole"
  large=$(cimstore put "$tree/large.bin" "$@" | cut -f 1)
  cimstore cat "$large" --range 1048570-1048576 "$@" | cmp - <(tail -c 7 "$tree/large.bin")
  echo "bytes 1048570-1048576 of $large"

  tell "$where: the receipt says what was true at the answer"
  echo "told at $where" | cimstore put - --json "$@" | tee "$work/receipt.json"
  grep -q '"synced":true' "$work/receipt.json" || not_as_told "the receipt says that it was not synced"

  tell "$where: the events, each linked to the one before"
  cimstore events "$@" > "$work/events.txt"
  tail -n 3 "$work/events.txt"
  [ "$(wc -l < "$work/events.txt")" -ge "$after" ] || not_as_told "fewer events than objects"
  cimstore audit verify "$@"
}

start_node() {
  : > "$work/serve.txt"
  "$bin" serve --listen http://127.0.0.1:0 --data "$1" ${unsafe[@]+"${unsafe[@]}"} > "$work/serve.txt" 2> "$work/serve.err" &
  node=$!
  for _ in $(seq 300); do
    address=$(grep -o 'http://[0-9.:]*' "$work/serve.txt" | head -n 1 || true)
    [ -n "$address" ] && return
    kill -0 "$node" 2>/dev/null || { cat "$work/serve.err" >&2; not_as_told "the node ended"; }
    sleep 0.1
  done
  not_as_told "the node was not ready within 30 seconds"
}

# 1. No server: the program opens the data directory itself.
store_and_read_back "without a server" --data "$work/data"
root_alone=$root

# 2. A node on the same directory: the same commands, the same answers.
tell "A node serves the same directory"
start_node "$work/data"
cat "$work/serve.txt"
store_and_read_back "with a server" --server "$address"
same "$root" "$root_alone" "the root with a server"

tell "A second process finds the node that has the directory"
same "$(cimstore ls --data "$work/data" | wc -l)" "$(cimstore ls --server "$address" | wc -l)" "objects through the node"

# 3. kill -9: what was acknowledged is there.
tell "kill -9 of the node"
echo "acknowledged just before the end" > "$work/last"
last=$(cimstore put "$work/last" --server "$address" | cut -f 1)
cimstore ls --server "$address" > "$work/before.txt"
kill -9 "$node"
wait "$node" 2>/dev/null || true
node=""
start_node "$work/data"
cimstore ls --server "$address" | cmp - "$work/before.txt" || not_as_told "the list differs after kill -9"
cimstore cat "$last" --server "$address" | cmp - "$work/last"
cimstore check --server "$address"
rm -rf "$work/restored"
cimstore get -r "$root" -o "$work/restored" --server "$address" > /dev/null
diff -r --no-dereference "$tree" "$work/restored"
kill "$node"
wait "$node" 2>/dev/null || true
node=""
echo "everything is still there"

# 4. The way out: a CAR file that other tools read, and a second store that takes it in.
tell "Export to a CAR file, import it into a second store"
cut -f 1 "$work/put.txt" | sort -u > "$work/cids.txt"
cimstore export - -o "$work/all.car" --data "$work/data" < "$work/cids.txt" > "$work/export.txt"
cimstore import "$work/all.car" --data "$work/second" > "$work/import.txt"
rm -rf "$work/restored"
cimstore get -r "$root" -o "$work/restored" --data "$work/second" > /dev/null
diff -r --no-dereference "$tree" "$work/restored" || not_as_told "the tree differs after export and import"
cimstore verify --data "$work/second"
ls -l "$work/all.car" | awk '{ print $5, "bytes in the CAR file" }'

# 5. The index is only a convenience: it is made again from the log.
tell "The index is made again from the log"
cimstore ls --data "$work/data" > "$work/before.txt"
cimstore rebuild --yes --data "$work/data"
cimstore ls --data "$work/data" | cmp - "$work/before.txt" || not_as_told "the list differs after rebuild"

tell "The story is true."
