#!/usr/bin/env bash
# Install the oracles that are not Python: an ICS-23 library for JavaScript, SD-JWT for JavaScript,
# Go's transparency log and signed notes, and CometBFT's own light client. They go to a cache outside
# the tree; a second run does nothing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cache="${MUNIMENT_CACHE:-$HOME/.cache/muniment}/oracles"
stamp="$(cat "$here"/setup.sh "$here"/js/* "$here"/go/* "$here"/comet/* | sha256sum | cut -c1-16)"
[ -e "$cache/$stamp" ] && exit 0
rm -rf "$cache"
mkdir -p "$cache/js" "$cache/go" "$cache/comet"
cp "$here"/js/* "$cache/js/"
cp "$here"/js/.npmrc "$cache/js/"
(cd "$cache/js" && npm install --silent --no-audit --no-fund)
cp "$here"/go/* "$cache/go/"
(cd "$cache/go" && go build -o ../log-oracle .)
cp "$here"/comet/* "$cache/comet/"
(cd "$cache/comet" && go build -o ../commit-oracle .)
touch "$cache/$stamp"
