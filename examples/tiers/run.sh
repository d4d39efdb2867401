#!/usr/bin/env bash
# The story of the tiers: content arrives hot, and as it ages it moves to an erasure-coded pool of eight directories and
# on to a cold one; directories are lost and damaged while reads go on; everything comes back byte for byte, and
# `explain` says why each content is where it is. Read it, run it: it works in a directory of its own and leaves nothing.
#
#   examples/tiers/run.sh [DIRECTORY]     stores the files of DIRECTORY, else the format documents
#
# It ends with "The story is true." and exit code 0, or at the first thing that is not as told with another one.
# $CIMSTORE_BIN names a built `cimstore`; without it one is published first. tiers.jsonc, beside this script, is the
# configuration; $CIMSTORE_CLOCK turns the program's clock, so that a month passes in a moment.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
source_tree=$(cd "${1:-$project/docs/formats}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/cimstore-tiers.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

. "$project/examples/story.sh"
export CIMSTORE_DATA=$work/data CIMSTORE_CONFIG=$work/tiers.jsonc CIMSTORE_CLOCK=
cp "$here/tiers.jsonc" "$work/"

# What is stored: real files, and those sizes at which something changes.
files=$work/files
mkdir -p "$files"
(cd "$source_tree" && find . -type f -print0 | sort -z | tar cf - --null -T -) | tar xf - -C "$files"
: > "$files/empty"
head -c 1048576 /dev/urandom > "$files/one-mebibyte"
head -c 5000000 /dev/urandom > "$files/large"

read_back() {
  # $1: when, for the message. Every file by its CID, compared byte for byte.
  local cid path
  while IFS=$'\t' read -r cid path; do
    cimstore cat "$cid" | cmp - "$path" || not_as_told "$1: $path is not what was stored"
  done < "$work/stored"
}

# Which tiers the objects are at, as "TIER COUNT" lines.
tiers() { cimstore ls --json | grep -o '"tier":"[a-z]*"' | sort | uniq -c | awk -F'[ ":]+' '{print $4, $2}'; }
moves() { cimstore events --json | grep -c "\"subject\":\"events.storage.$1\"" || true; }

tell "1. Files are stored; each arrives hot."
cimstore config check "$CIMSTORE_CONFIG" | grep -v '^warning' || true
find "$files" -type f -print0 | sort -z | xargs -0 "$bin" put ${unsafe[@]+"${unsafe[@]}"} > "$work/stored"
count=$(cimstore ls | wc -l)
same "$(tiers)" "hot $count" "tiers after storing"
cimstore scavenge
same "$(tiers)" "hot $count" "tiers on the first day"

tell "2. Eight days later the policy wants them warm. First a rehearsal, which moves nothing."
export CIMSTORE_CLOCK=+8d
same "$(cimstore scavenge --dry-run | wc -l)" "$count" "moves planned"
same "$(tiers)" "hot $count" "tiers after the rehearsal"
cimstore scavenge --dry-run | head -1
cimstore scavenge
same "$(tiers)" "warm $count" "tiers after eight days"
same "$(moves migrated.warm)" "$count" "events of moves to warm"
cimstore scavenge
same "$(moves migrated.warm)" "$count" "events after one more cycle"
read_back "from the pool"

tell "3. Four of the eight disks are gone. Reads go on."
mkdir "$work/lost"
for shard in 1 3 4 6; do mv "$work/pool/d$shard" "$work/lost/"; done
read_back "with four directories lost"
cimstore status | grep -c 'warning: Pool pool' | grep -qx 4 || not_as_told "four lost directories are told"

tell "4. A fifth is damaged: the error is honest and names what is missing; nothing wrong is handed out."
mv "$work/pool/d7" "$work/lost/"
cid=$(sed -n 1p "$work/stored" | cut -f1)
if cimstore cat "$cid" > "$work/out" 2> "$work/error"; then not_as_told "five lost shards are read"; fi
grep -q 'shards 1, 3, 4, 6, 7 of 4+4' "$work/error" || not_as_told "the missing shards are named: $(cat "$work/error")"
[ ! -s "$work/out" ] || not_as_told "bytes were handed out"

tell "5. They come back, one of them damaged. What is wrong is computed anew, and healed."
mv "$work"/lost/* "$work/pool/"
find "$work/pool/d2" -name '*.blob' -exec dd if=/dev/zero of={} bs=1 seek=5000 count=64 conv=notrunc status=none \;
read_back "with a damaged shard"
large=$(grep '/large$' "$work/stored" | cut -f1)
if cimstore whereis --deep "$large" > "$work/out"; then not_as_told "a damaged shard is well"; fi
grep -q '7 of 8 parts right, 4 needed' "$work/out" || not_as_told "the parts are told: $(cat "$work/out")"
cimstore scrub "$large" | grep -q '1 changed' || not_as_told "the damaged shard is made again"
cimstore whereis --deep "$large"

tell "6. A month after they came, what is old goes cold."
export CIMSTORE_CLOCK=+31d
cimstore scavenge
same "$(tiers)" "cold $count" "tiers after a month"
same "$(moves stored.hot)" "$count" "events of storing"
same "$(moves migrated.warm)" "$count" "events of moves to warm"
same "$(moves migrated.cold)" "$count" "events of moves to cold"
read_back "from the cold directory"

tell "7. Why is it there? One in full, and the rule of each."
cimstore explain "$cid"
while IFS=$'\t' read -r each path; do
  cimstore explain "$each" | grep -q 'the policy seed-v1 says Cold, by its rule aging' \
    || not_as_told "explain names the rule for $path"
done < "$work/stored"

tell "8. The events form a chain, and every copy proves."
cimstore audit verify > /dev/null || not_as_told "the chain"
cimstore verify > /dev/null || not_as_told "the copies"

tell "9. Catalog and disks agree both ways, nothing is owed, and the pool can be taken away."
cimstore fsck || not_as_told "catalog and locations agree"
cimstore debts || not_as_told "nothing is owed"
cimstore location drain pool > /dev/null || not_as_told "the pool is drained"
cimstore location list
cimstore location retire pool --yes > /dev/null || not_as_told "the pool is retired"
same "$(cimstore inventory --format csv | grep -c ',cold,[0-9]*,verified,')" "$count" "copies in the inventory"

tell "10. The same files by the policy adaptive, in a store of their own: what is read stays."
fill=$(df --output=pcent "$work" | tr -dc '0-9')
if [ "$fill" -ge 78 ]; then
  echo "Not told here: this disk is $fill % full, and adaptive moves by that, too."
else
  mkdir "$work/adaptive"
  export CIMSTORE_DATA=$work/adaptive/data CIMSTORE_CONFIG=$work/adaptive/tiers.jsonc CIMSTORE_CLOCK=
  sed 's/"policy": "seed-v1"/"policy": "adaptive"/' "$here/tiers.jsonc" > "$CIMSTORE_CONFIG"
  find "$files" -type f -print0 | sort -z | xargs -0 "$bin" put ${unsafe[@]+"${unsafe[@]}"} > "$work/stored"
  export CIMSTORE_CLOCK=+8d
  for _ in $(seq 20); do cimstore cat "$large" > /dev/null; done
  cimstore scavenge
  same "$(tiers)" "hot 1
warm $((count - 1))" "tiers after eight days, one content read twenty times"
  cimstore explain "$large" | grep 'tier Hot' || not_as_told "explain says why it is hot still"
  export CIMSTORE_CLOCK=+60d
  cimstore scavenge
  same "$(tiers)" "cold $count" "tiers when nobody reads any more"
  same "$(moves stored.hot) $(moves migrated.warm) $(moves migrated.cold)" "$count $((count - 1)) $count" "events, each once"
  while IFS=$'\t' read -r cid path; do
    cimstore explain "$cid" | grep -q 'the policy adaptive says Cold, by its rule aging' \
      || not_as_told "explain names the rule for $path"
  done < "$work/stored"
  read_back "from the cold directory of the adaptive store"
fi

tell "The story is true."
