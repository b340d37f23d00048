#!/usr/bin/env bash
# Lint, import rules, unused code.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run lint
