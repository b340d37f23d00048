#!/usr/bin/env bash
# Publishes a release with the notes of its commits and what its images are made of: scripts/release/publish.sh <tag> <folder>
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=$1 folder=$2
before=$(git describe --tags --abbrev=0 "$tag^" 2>/dev/null || git rev-list --max-parents=0 "$tag" | tail -n 1)
notes=$(mktemp)
scripts/release/notes.sh "$before" "$tag" >"$notes"
gh release create "$tag" --verify-tag --notes-file "$notes" "$folder"/*.json
