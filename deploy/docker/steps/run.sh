#!/bin/sh
# Becomes one of the programs of dist/: run.sh api/main.js. With PREPARE=1 it first brings the database to this release; several at once take turns.
set -eu
if [ "${PREPARE:-0}" = 1 ]; then
  node /app/dist/workers/prepare.js
  echo
fi
exec node --enable-source-maps --max-old-space-size="${HEAP_MB:-768}" --import /app/dist/platform/endEarly.js "/app/dist/$1"
