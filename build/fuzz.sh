#!/usr/bin/env bash
# Runs every fuzz test of the tree, one after another, for $1 each (default 20s). Stops at the first that fails; Go
# writes the input into the package's testdata, where it stays as a test.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s}

git ls-files -co --exclude-standard '*_test.go' | sort | while read -r file; do
  [ -f "$file" ] || continue
  sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$file" | while read -r name; do
    echo "== $(dirname "$file") $name"
    go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 1x "./$(dirname "$file")" </dev/null
  done
done
