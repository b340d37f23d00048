#!/usr/bin/env bash
# Ends with 1 where an image is not signed by this repository's release of that very version: scripts/images/verify.sh <registry> <tag> <repository>
set -euo pipefail
registry=${1,,} tag=${2#v} repository=$3
[ "${WITH_GPU:-0}" = 0 ] || gpu=worker-gpu
for image in api serving worker ${gpu:-} mlflow feast; do
  cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
    --certificate-identity "https://github.com/$repository/.github/workflows/cd.yml@refs/tags/v$tag" "$registry/movie-mlops-$image:$tag" >/dev/null
done
