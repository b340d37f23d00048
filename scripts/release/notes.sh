#!/usr/bin/env bash
# The notes of a release as Markdown, from the first lines of its commits: scripts/release/notes.sh <since> [until]
set -euo pipefail
cd "$(dirname "$0")/../.."
node scripts/release/notes.mjs "$@"
