#!/usr/bin/env bash
# Removes each sync from a copy of the code, one at a time, and demands that the power-cut suites notice.
# usage: test/mutate-syncs.sh [SYNCPOINT...]     all of them when none is named; exits non-zero when one survives
# Takes some minutes, so CI runs the same proof in process: the tests named Without_this_sync_*.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

copy=$(mktemp -d "${TMPDIR:-/tmp}/cimstore-mutants.XXXXXX")
trap 'rm -rf "$copy"' EXIT
git ls-files -co --exclude-standard -z | xargs -0 cp --parents -t "$copy"
cd "$copy"

# A call with its place. Wrappers that pass on whatever place they are given are no places.
call='\.(SyncData|Sync|SyncDirectory)\(.*SyncPoint\.'

build() {
  # A removed line may leave an empty block or an unused value behind: the style rules are not the question here.
  dotnet build test/CimStore.Adapters.Tests -v quiet -nologo \
    -p:TreatWarningsAsErrors=false -p:EnforceCodeStyleInBuild=false -p:RunAnalyzers=false >build.log 2>&1
}

suites() {
  artifacts/bin/CimStore.Adapters.Tests/debug/CimStore.Adapters.Tests --progress off --no-ansi --stop-on-fail on \
    --filter-method '*PowerCutTests.Every_promise*' >suites.log 2>&1
}

# The line without its call; of a call that serves two places, only the one in question goes.
remove() {
  local file=$1 line=$2 point=$3
  sed -Ei "${line}{
    s/^( *)(.*)\((.*) \? SyncPoint\.$point : (SyncPoint\.[A-Za-z]+)\);/\1if (!(\3)) { \2(\4); }/;t
    s/^( *)(.*)\((.*) \? (SyncPoint\.[A-Za-z]+) : SyncPoint\.$point\);/\1if (\3) { \2(\4); }/;t
    s/^( *).*SyncPoint\.$point\);/\1;/
  }" "$file"
}

build || { cat build.log; exit 2; }
suites || { echo 'the suites fail without any change'; tail -30 suites.log; exit 2; }

printf '| sync | line | without it |\n|---|---|---|\n'
survivors=0
while IFS=: read -r file line text; do
  for point in $(grep -oE 'SyncPoint\.[A-Za-z]+' <<<"$text" | cut -d. -f2); do
    if [ $# -gt 0 ] && [[ " $* " != *" $point "* ]]; then continue; fi
    cp "$file" original
    remove "$file" "$line" "$point"
    if cmp -s "$file" original; then
      verdict='NOT REMOVED: this script does not understand the line'
    elif ! build; then
      verdict='NOT BUILT'
    elif suites; then
      verdict='SURVIVES'
    else
      verdict="noticed: $(sed -nE 's/^ *---- (.*)/\1/p' suites.log | head -1 | cut -c1-100)"
    fi
    [[ $verdict == noticed* ]] || survivors=$((survivors + 1))
    printf '| `%s` | `%s:%s` | %s |\n' "$point" "${file#src/}" "$line" "$verdict"
    cp original "$file"
  done
done < <(grep -rnE "$call" src --include='*.cs' | grep -vE "///" | sort)

if [ "$survivors" -gt 0 ]; then
  echo "$survivors survived"
  exit 1
fi
