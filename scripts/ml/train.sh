#!/usr/bin/env bash
# The whole chain on the sample: collection, features, training, evaluation, gate, registration, and a recommendation at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm start -- --once
