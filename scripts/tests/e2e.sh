#!/usr/bin/env bash
# The e2e tests; the last line is the count.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run test:e2e --silent
