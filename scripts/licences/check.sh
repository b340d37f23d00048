#!/usr/bin/env bash
# Every package of the lock file has a licence under which the product may be given on.
# scripts/licences/check.sh [lock file]
set -euo pipefail
here=$(dirname "$0")
node "$here/check.mjs" "${1:-$here/../../package-lock.json}"
