#!/usr/bin/env bash
# Formatting.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run format:check
