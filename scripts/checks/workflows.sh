#!/usr/bin/env bash
# The CI definitions, by actionlint: the one on PATH, else built by Go.
set -euo pipefail
cd "$(dirname "$0")/../.."
if command -v actionlint >/dev/null; then
  actionlint
else
  go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
fi
