#!/usr/bin/env bash
# Ends with 1 where an image is not signed by this repository's own release: scripts/images/verify.sh <registry> <tag> <repository>
set -euo pipefail
registry=$1 tag=${2#v} repository=$3
for image in api serving worker mlflow feast; do
  cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
    --certificate-identity-regexp "^https://github.com/$repository/\\.github/workflows/cd\\.yml@" "$registry/movie-mlops-$image:$tag" >/dev/null
done
