#!/usr/bin/env bash
# A node on real data: store a tree, list it, read every file back verified, show events and a receipt, go on serving.
#
#   examples/spine/serve.sh CIMSTORE DATA-DIRECTORY TREE
#
# $CIMSTORE_LISTEN is the address (default http://127.0.0.1:9640; port 0 takes a free one).
set -euo pipefail

bin=$(realpath "$1")
data=$2
tree=$(realpath "$3")
listen=${CIMSTORE_LISTEN:-http://127.0.0.1:9640}
log=$(mktemp)
node=""

stop() {
  if [ -n "$node" ]; then
    kill "$node" 2>/dev/null || true
    wait "$node" 2>/dev/null || true
  fi
  rm -rf "$log" "$log.tree" "$log.put"
}
trap stop EXIT
trap 'echo; echo "Stopped. The data stays in $data"; exit 0' INT TERM

say() { printf '\n%s\n' "$*"; }

say "Starting a node on $data"
"$bin" serve --data "$data" --listen "$listen" > "$log" &
node=$!
address=""
for _ in $(seq 1 200); do
  address=$(grep -oE 'https?://[^ ]+' "$log" | head -n 1 || true)
  [ -n "$address" ] && break
  kill -0 "$node" 2>/dev/null || { node=""; echo "The node did not start; the message above says why." >&2; exit 1; }
  sleep 0.1
done
[ -n "$address" ] || { echo "The node did not say its address within 20 s." >&2; exit 1; }
export CIMSTORE_SERVER=$address
echo "$address"

say "Storing $tree"
"$bin" put -r "$tree" > "$log.put"
root=$(tail -n 1 "$log.put" | cut -f 1)
tail -n 3 "$log.put"
echo "$(($(wc -l < "$log.put") - 1)) files, root $root"

say "Listing it (first three of $("$bin" ls | wc -l) objects)"
"$bin" ls | sed -n 1,3p

say "Reading every file back, verified, and comparing"
"$bin" get -r "$root" -o "$log.tree" > /dev/null
diff -r --no-dereference "$tree" "$log.tree"
rm -rf "$log.tree"
echo "diff -r is empty"

say "The receipt of one more content"
echo "stored by ./dev run" | "$bin" put - --json

say "The last events"
"$bin" events --json | tail -n 3

say "Why the root is where it is"
"$bin" explain "$root"

say "Serving on $address until Ctrl-C. Try, in another shell:"
echo "  export CIMSTORE_SERVER=$address"
echo "  $bin ls"
echo "  curl -s $address/api/v1/status"
wait "$node"
