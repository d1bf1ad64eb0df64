#!/usr/bin/env bash
# What a change must pass beside its tests: formatting, vet, staticcheck, the architecture, the types of TypeScript.
# Says everything it finds before it exits non-zero.
set -uo pipefail
cd "$(dirname "$0")/.."

gofumpt=mvdan.cc/gofumpt@v0.12.0
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

failed=0
step() {
  local name=$1
  shift
  if "$@"; then echo "ok    $name"; else echo "FAIL  $name" && failed=1; fi
}

formatted() {
  local wrong
  wrong=$(git ls-files -co --exclude-standard '*.go' | while read -r f; do [ -f "$f" ] && echo "$f"; done |
    xargs -r go run "$gofumpt" -l) || return 1
  [ -z "$wrong" ] && return
  echo "not formatted as gofumpt does (go run $gofumpt -w FILE):"
  echo "$wrong"
  return 1
}

typescript() { # folder with a package.json that has a script "check"
  (cd "$1" && { [ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund --silent; } && npm run --silent check)
}

step gofumpt formatted
step "go vet" go vet ./...
step staticcheck go run "$staticcheck" ./...
step dependencies build/dependencies.sh
step archtest go test ./internal/archtest
for package in $(git ls-files '*package.json'); do
  grep -q '"check"' "$package" && step "tsc $(dirname "$package")" typescript "$(dirname "$package")"
done
exit $failed
