#!/usr/bin/env bash
# Builds every image, the ones that others stand on first: scripts/images/build.sh <registry> <tag>
# BASE and BUILD_BASE, where they are set, take the place of the public base; DOCKER_BUILD_FLAGS is given to each build.
set -euo pipefail
cd "$(dirname "$0")/../.."
registry=${1,,} tag=${2#v}
name() { printf '%s/movie-mlops-%s:%s' "$registry" "$1" "$tag"; }
build() { # <image> <Dockerfile> [flags…]
  local image=$1 file=$2
  shift 2
  # shellcheck disable=SC2086 # flags are words
  docker build ${DOCKER_BUILD_FLAGS:-} ${BASE:+--build-arg BASE="$BASE"} ${BUILD_BASE:+--build-arg BUILD_BASE="$BUILD_BASE"} \
    --file "deploy/docker/dockerfiles/Dockerfile.$file" --tag "$(name "$image")" "$@" .
}
for image in api serving worker; do build "$image" "$image"; done
for image in mlflow feast; do build "$image" "$image" --build-arg API="$(name api)"; done
for engine in postgres kafka temporal redis monitoring; do build "$engine" engines --target "$engine"; done
[ "${WITH_GPU:-0}" = 0 ] || build worker-gpu worker-gpu
