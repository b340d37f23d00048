#!/usr/bin/env bash
# Rolls a release out to one environment, waits until all of it is ready, and takes it back by itself where it is not or where the gate says no.
# The first release of an environment has none before it: where the gate says no it stays as it is, to be looked at.
# scripts/release/rollout.sh <environment> <registry> <version>
# deploy/environments/<environment>.yaml has its values; API_URL and MLOPS_API_KEY are asked by the gate.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=${1:-} registry=${2:-} version=${3:-}
version=${version#v} registry=${registry,,}
values=deploy/environments/$environment.yaml
chart=oci://$registry/charts/movie-mlops
if ! [ -f "$values" ] || [ -z "$registry" ] || ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
  echo "scripts/release/rollout.sh <environment> <registry> <version>: '$values', '$registry', '$version'" >&2
  exit 2
fi
# What cannot be judged is not rolled out.
[ -n "${API_URL:-}" ] || { echo 'API_URL is empty, and the gate would have nobody to ask' >&2 && exit 2; }
# A cluster that does not say what runs ends this here, since there would be no way back.
running=$(helm list --namespace "$environment" --filter '^movie-mlops$' --deployed --output json)
before=$(grep -o '"revision":"[0-9]*"' <<<"$running" | grep -o '[0-9]*' || true)
helm upgrade movie-mlops "$chart" --version "$version" --namespace "$environment" --install --atomic --timeout 15m \
  --values "$values" --set-string "image.registry=$registry,image.tag=$version"
if scripts/release/gate.sh; then exit 0; fi
if [ -z "$before" ]; then
  echo 'The gate says no, and there is no release to go back to' >&2
  exit 1
fi
echo "The gate says no: back to revision $before" >&2
helm rollback movie-mlops "$before" --namespace "$environment" --wait --timeout 15m || echo "The way back to revision $before failed: what runs is what the gate refused" >&2
exit 1
