#!/usr/bin/env bash
# Pushes every image, and says its digest, by which it is signed and rolled out: scripts/images/push.sh <registry> <tag>
set -euo pipefail
registry=${1,,} tag=${2#v}
[ "${WITH_GPU:-0}" = 0 ] || gpu=worker-gpu
for image in api serving worker ${gpu:-} mlflow feast postgres kafka temporal redis monitoring; do
  docker push --quiet "$registry/movie-mlops-$image:$tag"
done
