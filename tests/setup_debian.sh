#!/usr/bin/env bash
# Install the Debian packages that tests need, when CI is true; a desk is told what is missing.
set -euo pipefail
packages=(faketime fonts-dejavu-core iproute2 iptables poppler-utils)
missing=()
for package in "${packages[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "${CI:-}" != true ]; then
  echo "tests that need these packages will be skipped: ${missing[*]}" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --yes --no-install-recommends "${missing[@]}" > /dev/null
