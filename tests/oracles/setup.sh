#!/usr/bin/env bash
# Install the oracles that are not Python: an ICS-23 library for JavaScript, SD-JWT for JavaScript,
# and Go's transparency log and signed notes. They go to a cache outside the tree; a second run
# does nothing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="${MUNIMENT_CACHE:-$HOME/.cache/muniment}/oracles"
stamp="$(cat "$here"/setup.sh "$here"/js/* "$here"/go/* | sha256sum | cut -c1-16)"
[ -e "$cache/$stamp" ] && exit 0
rm -rf "$cache"
mkdir -p "$cache/js" "$cache/go"
cp "$here"/js/* "$cache/js/"
cp "$here"/js/.npmrc "$cache/js/"
(cd "$cache/js" && npm install --silent --no-audit --no-fund)
cp "$here"/go/* "$cache/go/"
(cd "$cache/go" && go build -o ../log-oracle .)
touch "$cache/$stamp"
