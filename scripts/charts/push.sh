#!/usr/bin/env bash
# Packs the chart at a version and pushes it: scripts/charts/push.sh <registry> <version>
set -euo pipefail
cd "$(dirname "$0")/../.."
registry=${1,,} version=${2#v}
folder=$(mktemp -d)
helm package deploy/helm/movie-mlops --version "$version" --app-version "$version" --destination "$folder"
helm push "$folder/movie-mlops-$version.tgz" "oci://$registry/charts"
