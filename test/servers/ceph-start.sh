#!/usr/bin/env bash
# A whole Ceph with its S3 gateway on this machine, for tests: one monitor, three object stores in memory, objects
# erasure-coded 2+1. Needs Debian's ceph-mon, ceph-osd, radosgw and ceph-common; no root, no systemd, no disks.
#
#   ceph-start.sh DIRECTORY S3_PORT MON_PORT [PID]
#
# Everything lies in DIRECTORY, which must not exist. With PID the cluster stops by itself when that process is gone, so
# that a test run that is killed leaves nothing behind. Returns when the gateway answers; ceph-stop.sh ends it.
set -euo pipefail
if [ $# -lt 3 ]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
home=$1 s3_port=$2 mon_port=$3 owner=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
osds=3 data_shards=2 parity_shards=1
access_key=cimstore-test secret_key=cimstore-test-secret
mkdir "$home"
home=$(cd "$home" && pwd)
mkdir "$home/pids" "$home/logs" "$home/mon" "$home/sockets"
trap '"$here/ceph-stop.sh" "$home"; tail -n 5 "$home"/logs/*.out >&2' ERR

write_configuration() {
  cat > "$home/ceph.conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$mon_port]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
keyring = $home/keyring
run dir = $home/sockets
admin socket = $home/sockets/\$name.sock
log file = $home/logs/\$name.log
mon cluster log file = $home/logs/cluster.log
crash dir = $home/crash
auth allow insecure global id reclaim = false
mon data = $home/mon
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 2
osd pool default size = 2
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd data = $home/osd\$id
osd objectstore = memstore
memstore device bytes = 4294967296
osd class update on start = false
[client.rgw.s3]
rgw data = $home/rgw
rgw frontends = beast endpoint=127.0.0.1:$s3_port
rgw dns name = localhost
rgw thread pool size = 64
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = key-1=$(head -c 32 /dev/zero | tr '\0' k | base64)
CONF
}

# Each daemon is the leader of its own session: a Ctrl-C at the test is not meant for it.
daemon() {
  local name=$1
  shift
  setsid "$@" --conf "$home/ceph.conf" -f </dev/null >>"$home/logs/$name.out" 2>&1 &
  echo $! > "$home/pids/$name"
}

key() {
  ceph-authtool "$home/keyring" --gen-key --name "$@" >/dev/null
}

wait_for() {
  local what=$1
  shift
  for _ in $(seq 240); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.25
  done
  echo "$what did not come up; see $home/logs" >&2
  return 1
}

ask() {
  ceph --conf "$home/ceph.conf" --connect-timeout 30 "$@"
}

all_osds_are_up() {
  ask osd stat | grep -q "$osds osds: $osds up"
}

start_monitor() {
  ceph-authtool --create-keyring "$home/keyring" --gen-key --name mon. --cap mon 'allow *' >/dev/null
  key client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
  key client.rgw.s3 --cap mon 'allow rw' --cap osd 'allow rwx'
  for id in $(seq 0 $((osds - 1))); do
    key "osd.$id" --cap mon 'allow profile osd' --cap osd 'allow *'
  done
  monmaptool --create --addv a "[v2:127.0.0.1:$mon_port]" --fsid "$(awk '/^fsid/ { print $3 }' "$home/ceph.conf")" \
    "$home/monmap" >/dev/null
  ceph-mon --conf "$home/ceph.conf" --mkfs --id a --monmap "$home/monmap" --keyring "$home/keyring"
  daemon mon ceph-mon --id a
}

start_osds() {
  local id uuid
  for id in $(seq 0 $((osds - 1))); do
    uuid=$(cat /proc/sys/kernel/random/uuid)
    mkdir "$home/osd$id"
    ask osd new "$uuid" "$id" >/dev/null
    ceph-osd --conf "$home/ceph.conf" --id "$id" --mkfs --osd-uuid "$uuid" --no-mon-config \
      >>"$home/logs/osd.$id.out" 2>&1
    daemon "osd.$id" ceph-osd --id "$id"
  done
  wait_for "The object stores" all_osds_are_up
}

start_gateway() {
  ask osd erasure-code-profile set shards k=$data_shards m=$parity_shards crush-failure-domain=osd
  ask osd pool create default.rgw.buckets.data 8 8 erasure shards 2>/dev/null
  ask osd pool application enable default.rgw.buckets.data rgw 2>/dev/null
  daemon rgw radosgw --name client.rgw.s3
  radosgw-admin --conf "$home/ceph.conf" user create --uid tests --display-name Tests \
    --access-key "$access_key" --secret "$secret_key" >/dev/null 2>"$home/logs/user.out"
  wait_for "The gateway" curl --silent --output /dev/null "http://127.0.0.1:$s3_port/"
}

watch_owner() {
  [ -n "$owner" ] || return 0
  setsid bash -c 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; "$2" "$3"' \
    watch "$owner" "$here/ceph-stop.sh" "$home" </dev/null >/dev/null 2>&1 &
  echo $! > "$home/watch"
}

write_configuration
watch_owner
start_monitor
start_osds
start_gateway
echo "http://127.0.0.1:$s3_port $access_key $secret_key"
