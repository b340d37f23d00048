#!/usr/bin/env bash
# Types, strict.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run typecheck
