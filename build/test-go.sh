#!/usr/bin/env bash
# Runs the Go tests with the race detector, in two groups that suit two cores: packages that only compute side by
# side, then those that start engines, servers or processes one after another, so that none is starved into a timeout.
# Both groups run whatever the first one says; the exit code is non-zero if either failed.
set -uo pipefail
cd "$(dirname "$0")/.."
export CI="${CI:-make}" # what tests need is installed and built by now: without it they fail, not skip

# Folders whose tests start something, as an extended regular expression on the path below the module.
heavy='^(node|demo|cmd|test|store/duckdb|bus/jetstream|gateway|signin|inspect)(/|$)'

module=$(go list -m) || exit 1
packages=$(go list ./...) || exit 1
light_group=() heavy_group=()
for p in $packages; do
  if [[ ${p#"$module"/} =~ $heavy ]]; then heavy_group+=("$p"); else light_group+=("$p"); fi
done

failed=0
run() { # parallelism, packages…
  local parallel=$1
  shift
  [ $# -eq 0 ] || go test -race -vet=off -timeout 20m -p "$parallel" "$@" || failed=1
}
run 2 "${light_group[@]}"
run 1 "${heavy_group[@]}"
exit $failed
