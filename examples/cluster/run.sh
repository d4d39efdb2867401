#!/usr/bin/env bash
# The story of a cluster: three NATS servers with JetStream, an S3 server with an erasure-coded pool (Ceph), and two nodes
# with nothing of their own. A client that knows the documentation alone stores real files by commands; a NATS server and
# a node are killed while it does; nothing acknowledged is lost, and the events tell all of it, each once.
#
#   examples/cluster/run.sh [DIRECTORY]     stores the files of DIRECTORY, else the format documents
#
# Needs Debian's nats-server, ceph-mon, ceph-osd, radosgw, ceph-common, rclone, nodejs and npm (./dev test installs them),
# and the ports 24221 to 24291 of this machine. It ends with "The story is true." and exit code 0, or at the first thing
# that is not as told with another one. $CIMSTORE_BIN names a built `cimstore`; without it one is published first.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
source_tree=$(cd "${1:-$project/docs/formats}" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/cimstore-cluster.XXXXXX")
pids=()
stop() {
  [ "${#pids[@]}" = 0 ] || kill -9 "${pids[@]}" 2>/dev/null || true
  [ ! -d "$work/ceph" ] || "$project/test/servers/ceph-stop.sh" "$work/ceph" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM
. "$project/examples/story.sh"

export PATH=$PATH:/usr/sbin  # Debian has nats-server there.
export NATS_URL=nats://127.0.0.1:24221,nats://127.0.0.1:24222,nats://127.0.0.1:24223
export S3_ACCESS_KEY=cimstore-test S3_SECRET_KEY=cimstore-test-secret
export CIMSTORE_CONFIG=$here/cluster.jsonc
for variable in ${!AWS_@}; do unset "$variable"; done  # Meant for another server than this one.
s3=":s3,provider=Ceph,endpoint='http://127.0.0.1:24280',access_key_id=$S3_ACCESS_KEY,secret_access_key=$S3_SECRET_KEY:"

start_nats() {
  # $1: 1 to 3. What it had written is there again.
  cat > "$work/nats$1.conf" <<CONF
server_name: n$1
listen: 127.0.0.1:2422$1
jetstream { store_dir: "$work/nats$1" }
cluster {
  name: cim
  listen: 127.0.0.1:2423$1
  routes: ["nats://127.0.0.1:24231", "nats://127.0.0.1:24232", "nats://127.0.0.1:24233"]
}
CONF
  nats-server -c "$work/nats$1.conf" >> "$work/nats$1.log" 2>&1 &
  pids+=($!)
  nats[$1]=$!
  disown  # The shell need not tell how it ends.
}

start_node() {
  # $1: its number, $2: what its clock is ahead by. Its directory is made anew: a node has nothing that matters there.
  rm -rf "$work/node$1"
  CIMSTORE_DATA=$work/node$1 CIMSTORE_CLOCK=${2:-} "$bin" serve --listen "http://127.0.0.1:2429$1" ${unsafe[@]+"${unsafe[@]}"} \
    >> "$work/node$1.log" 2>&1 &
  pids+=($!)
  node[$1]=$!
  disown
}

until_true() {
  # $1: what is waited for; then the command.
  local what=$1
  shift
  for _ in $(seq 1 300); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.3
  done
  tail -n 20 "$work"/node*.log >&2
  not_as_told "$what did not come true"
}

client() { node "$work/client/client.mjs" "$@"; }
node_at() { CIMSTORE_SERVER=http://127.0.0.1:2429$1 "$bin" "${@:2}"; }
is_ready() { curl -sf "http://127.0.0.1:2429$1/health/ready"; }
tiers() { node_at "$1" ls --json | grep -o '"tier":"[a-z]*"' | sort | uniq -c | awk -F'[ ":]+' '{print $4, $2}'; }
all_warm() { [ "$(tiers 2)" = "warm $1" ]; }

read_back() {
  # $1: the node, $2: the list, $3: when. Every file by its CID, compared byte for byte.
  local cid path
  while IFS=$'\t' read -r cid path; do
    curl -sf "http://127.0.0.1:2429$1/api/v1/content/$cid" | cmp - "$path" || not_as_told "$3: $path is not what was stored"
  done < "$2"
}

declare -A nats=() node=()
files=$work/files
mkdir -p "$files" "$work/load" "$work/client"
(cd "$source_tree" && find . -type f -print0 | sort -z | tar cf - --null -T -) | tar xf - -C "$files"
head -c 1048576 /dev/urandom > "$files/one-mebibyte"
head -c 5000000 /dev/urandom > "$files/large"
for number in $(seq 1 150); do head -c $((number * 97)) /dev/urandom > "$work/load/$number"; done

tell "1. The servers: three of NATS, one of S3 with an erasure-coded pool; and two nodes."
for number in 1 2 3; do start_nats "$number"; done
"$project/test/servers/ceph-start.sh" "$work/ceph" 24280 24281 $$ > "$work/ceph.out" 2>&1 \
  || { cat "$work/ceph.out" >&2; not_as_told "Ceph starts"; }
rclone mkdir "${s3}warm" 2> "$work/rclone.log" || { cat "$work/rclone.log" >&2; not_as_told "the bucket is made"; }
cp "$here/client.mjs" "$here/package.json" "$work/client/"
(cd "$work/client" && npm install --silent --no-audit --no-fund) || not_as_told "the client's packages are installed"
start_node 1
until_true "the first node is ready" is_ready 1
start_node 2
until_true "the second node is ready" is_ready 2

tell "2. A client stores files by commands; each node gives back what the other took."
find "$files" -type f -print0 | sort -z | xargs -0 node "$work/client/client.mjs" store > "$work/stored"
same "$(wc -l < "$work/stored")" "$(find "$files" -type f | wc -l)" "acknowledgements"
read_back 1 "$work/stored" "from the first node"
read_back 2 "$work/stored" "from the second node"
large=$(grep 'files/large$' "$work/stored" | cut -f1)
client retrieve "$large" | cmp - "$files/large" || not_as_told "the large file comes back in chunks over NATS"
echo "$(wc -l < "$work/stored") files"

tell "3. While it stores more, a NATS server and a node are killed. What was acknowledged is there."
find "$work/load" -type f -print0 | sort -z | xargs -0 node "$work/client/client.mjs" store > "$work/acknowledged" &
load=$!
until_true "thirty are acknowledged" eval '[ "$(wc -l < "$work/acknowledged")" -ge 30 ]'
kill -9 "${nats[2]}" "${node[1]}"
wait "$load" || not_as_told "the client goes on"
same "$(wc -l < "$work/acknowledged")" 150 "acknowledgements under load"
read_back 2 "$work/acknowledged" "after the kills"
read_back 2 "$work/stored" "after the kills"
echo "150 of 150, read back from the node that is left"

tell "4. They come back; the node begins with an empty directory and knows all."
start_nats 2
start_node 1
until_true "the node is ready again" is_ready 1
read_back 1 "$work/acknowledged" "from the node that came back"
node_at 1 check | tail -n 3

tell "5. Eight days later all of it is in the bucket, once moved, by whichever node has the lease."
count=$(node_at 1 ls | wc -l)
kill "${node[1]}" "${node[2]}"
until_true "both have ended" eval '! kill -0 "${node[1]}" && ! kill -0 "${node[2]}"'
start_node 1 +8d
start_node 2 +8d
until_true "both are ready" eval 'is_ready 1 && is_ready 2'
until_true "all is warm" all_warm "$count"
read_back 1 "$work/acknowledged" "from the bucket"
read_back 2 "$work/stored" "from the bucket"
rclone ls "${s3}warm" 2>/dev/null | grep -c " c/" | xargs -I{} echo "{} copies in the bucket, by another program's count"
node_at 2 explain "$large" | grep '^tier'

tell "6. The events, as another client reads them: each once, in one chain, stored before moved."
until_true "the last event is published" eval 'client events > "$work/events"
  [ "$(grep -c "\"subject\":\"events.storage.migrated.warm\"" "$work/events")" = "$count" ]'
same "$(grep -c '"subject":"events.storage.stored.hot"' "$work/events")" "$count" "events of storing"
grep -o '"event_id":"[^"]*"' "$work/events" | sort | uniq -d | grep -q . && not_as_told "an event came twice"
node -e '
  const lines = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const seen = new Set();
  let previous = null;
  for (const event of lines) {
    if (event.previous_cid !== previous) throw new Error(`${event.event_cid} names ${event.previous_cid}, not ${previous}`);
    previous = event.event_cid;
    if (event.event_type === "storage.stored") seen.add(event.payload_cid);
    if (event.event_type === "storage.migrated" && !seen.has(event.payload_cid)) throw new Error("moved before stored");
  }
  console.log(`${lines.length} events in one chain`);
' "$work/events" || not_as_told "the events form a chain"

printf '\nThe story is true.\n'
