#!/usr/bin/env bash
# The Helm chart for three sets of values: lint, schemas, promises.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run test:helm
