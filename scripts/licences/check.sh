#!/usr/bin/env bash
# Every package of the lock file has a licence under which the product may be given on.
# scripts/licences/check.sh [lock file]
set -euo pipefail
cd "$(dirname "$0")/../.."
node scripts/licences/check.mjs "${1:-package-lock.json}"
