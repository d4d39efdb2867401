#!/usr/bin/env bash
# Measures the store against its peers and rewrites docs/benchmarks.md. About 30 minutes and 20 GiB of disk;
# with --quick about 7 minutes and 4 GiB. Other options go to `CimStore.Bench store` (see its --help).
# Needs liblmdb0 and, for the row that compares with it, restic; both are installed when we are root.
set -euo pipefail
cd "$(dirname "$0")/.."

install_missing() {
    local missing=()
    ldconfig -p | grep -q liblmdb.so.0 || missing+=(liblmdb0)
    command -v restic >/dev/null || missing+=(restic)
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq "${missing[@]}"
    else
        echo "missing: ${missing[*]} (install them, or leave out their rows with --peers)" >&2
    fi
}

out=artifacts/bench
mkdir -p "$out"
install_missing
dotnet build bench/CimStore.Bench -c Release -v q -nologo
dotnet publish src/CimStore.Cli -c Release -o "$out/cli" -v q -nologo
rm -f "$out/store.jsonl"
artifacts/bin/CimStore.Bench/release/CimStore.Bench store \
    --cli "$out/cli/cimstore" --dir "$out/data" --json "$out/store.jsonl" --markdown "$out/store.md" "$@"
rm -rf "$out/data"

# The page is its head, kept by hand up to the marker, and the tables just made.
page=docs/benchmarks.md
marker='<!-- below this line: made by bench/run.sh -->'
{ sed "\\|^$marker\$|q" "$page"; echo; echo "Measured $(date -u +%F) at $(git rev-parse --short HEAD)${*:+ with $*}."; echo; cat "$out/store.md"; } >"$out/page.md"
mv "$out/page.md" "$page"
cp "$out/store.jsonl" docs/benchmarks.jsonl
echo "wrote $page and docs/benchmarks.jsonl"
