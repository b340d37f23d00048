#!/usr/bin/env bash
# Writes what each image is made of, as SPDX, and attaches it to the image, signed: scripts/images/sbom.sh <registry> <tag> <folder>
# Needs syft and cosign; keyless, by the identity of the CI run.
set -euo pipefail
registry=${1,,} tag=${2#v} folder=$3
mkdir -p "$folder"
[ "${WITH_GPU:-0}" = 0 ] || gpu=worker-gpu
for image in api serving worker ${gpu:-} mlflow feast postgres kafka temporal redis monitoring; do
  digest=$(docker inspect --format '{{index .RepoDigests 0}}' "$registry/movie-mlops-$image:$tag")
  syft "$digest" --output "spdx-json=$folder/$image.spdx.json"
  cosign sign --yes "$digest"
  cosign attest --yes --type spdxjson --predicate "$folder/$image.spdx.json" "$digest"
done
