# What the stories share: sourced by them, after they have said where the project is ($project) and where they work ($work).
# shellcheck shell=bash

tell() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }
not_as_told() { echo "NOT AS TOLD: $*" >&2; exit 1; }
same() { [ "$1" = "$2" ] || not_as_told "$3: expected '$2', got '$1'"; }

# A data directory promises durability, which a file system in memory or an overlay cannot keep; the story only needs
# the promise to be said, so it asks for it in spite of that where the temporary directory is one.
unsafe=()
case "$(stat -f -c %T "$work")" in
  overlayfs | tmpfs | ramfs | nfs) unsafe=(--force-unsafe) ;;
esac

bin=${CIMSTORE_BIN:-}
if [ -z "$bin" ]; then
  tell "Publishing cimstore (set CIMSTORE_BIN to use a built one)"
  dotnet publish "$project/src/CimStore.Cli" -c Release -o "$work/bin" -v quiet -nologo
  bin=$work/bin/cimstore
fi
unset CIMSTORE_DATA CIMSTORE_SERVER CIMSTORE_CONFIG CIMSTORE_CLOCK
cimstore() { "$bin" "$@" ${unsafe[@]+"${unsafe[@]}"}; }
