#!/usr/bin/env bash
# Compares the direct modules of go.mod with the sections of docs/dependencies.md.
set -euo pipefail
cd "$(dirname "$0")/.."

diff <(go mod edit -json | sed -nE '/"Require"/,/^\t\]/p' | tr -d '\n\t' | sed 's/}/}\n/g' | grep -v Indirect | sed -nE 's/.*"Path": "([^"]*)".*/\1/p' | sort) \
  <(sed -nE 's/^### //p' docs/dependencies.md | tr -d ' ' | tr ',' '\n' | sort) \
  && exit 0
echo "go.mod (<) and docs/dependencies.md (>) differ in their direct modules" >&2
exit 1
