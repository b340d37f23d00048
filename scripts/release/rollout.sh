#!/usr/bin/env bash
# Rolls a release out to one environment, waits until all of it is ready, and takes it back by itself where it is not or where the gate says no.
# scripts/release/rollout.sh <environment> <registry> <version>
# deploy/environments/<environment>.yaml has its values; API_URL and MLOPS_API_KEY are asked by the gate.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=$1 registry=$2 version=${3#v}
chart=oci://$registry/charts/movie-mlops
before=$(helm history movie-mlops --namespace "$environment" --max 1 --output json 2>/dev/null | grep -o '"revision":[0-9]*' | cut -d: -f2 || true)
helm upgrade movie-mlops "$chart" --version "$version" --namespace "$environment" --install --atomic --timeout 15m \
  --values "deploy/environments/$environment.yaml" --set "image.registry=$registry,image.tag=$version"
if scripts/release/gate.sh; then exit 0; fi
echo "The gate says no: back to revision ${before:-none}" >&2
[ -z "$before" ] || helm rollback movie-mlops "$before" --namespace "$environment" --wait --timeout 15m
exit 1
