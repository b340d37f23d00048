#!/usr/bin/env bash
# Looks for credentials in what git tracks: keys of providers, private keys, passwords in addresses.
# scripts/security/secrets.sh [files… | --staged]
set -euo pipefail
node "$(dirname "$0")/secrets.mjs" "$@"
