#!/usr/bin/env bash
# Recorded histories of workflows, replayed by what they are now; the last line is the count.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run test:replay --silent
