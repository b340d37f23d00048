#!/usr/bin/env bash
# Looks for credentials in what git tracks: keys of providers, private keys, passwords in addresses.
# scripts/security/secrets.sh [files…]
set -euo pipefail
cd "$(dirname "$0")/../.."
node scripts/security/secrets.mjs "$@"
