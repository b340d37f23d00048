#!/usr/bin/env bash
# The unit tests; the last line is the count.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run test:unit --silent
