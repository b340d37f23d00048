#!/bin/sh
# Becomes one of the programs of dist/: run.sh api/main.js. With PREPARE=1 it first brings the database to this release; several at once take turns.
set -eu
if [ "${PREPARE:-0}" = 1 ]; then
  # The database may come later. It is waited for in here, since a container that ends counts as unhealthy, and Compose gives up on it.
  tries=0
  until node /app/dist/workers/prepare.js; do
    echo >&2
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || exit 1
    sleep 1
  done
  echo
fi
exec node --enable-source-maps --max-old-space-size="${HEAP_MB:-768}" --import /app/dist/platform/endEarly.js "/app/dist/$1"
