#!/usr/bin/env bash
# What a pull request has to pass, as anybody runs it: every check and every test; the last line is the count.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm test --silent
