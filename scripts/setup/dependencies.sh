#!/usr/bin/env bash
# Dependencies from the lock file, without what they would run.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm ci --ignore-scripts
