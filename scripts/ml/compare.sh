#!/usr/bin/env bash
# Whether models became worse since a commit, beyond what another seed gives.
# scripts/ml/compare.sh <commit> [kinds, comma separated]
set -euo pipefail
cd "$(dirname "$0")/../.."
node scripts/ml/compare.mjs "$@"
