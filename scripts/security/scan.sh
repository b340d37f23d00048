#!/usr/bin/env bash
# Scans the code for unsafe uses: a text that becomes a program, a certificate that is not looked at, an expression that takes for ever on some input.
# scripts/security/scan.sh [folder]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "${1:-$root}"
node "$root/node_modules/eslint/bin/eslint.js" --config "$root/scripts/security/eslint.config.js" .
echo 'No unsafe use was found.'
