#!/usr/bin/env bash
# Dependencies from the lock file, and what the platform needs on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm ci
npm run setup
