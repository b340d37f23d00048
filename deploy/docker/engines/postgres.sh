#!/usr/bin/env bash
# Postgres with the database `mlops`, which is made on the first start, whole or not at all. The password: POSTGRES_PASSWORD_FILE.
set -euo pipefail
cluster=/var/lib/movie-mlops/cluster
if [ ! -d "$cluster" ]; then
  rm -rf "$cluster.new"
  /opt/postgres/bin/initdb --pgdata="$cluster.new" --username=mlops --pwfile="$POSTGRES_PASSWORD_FILE" --auth=scram-sha-256 \
    --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --no-instructions
  echo 'host all all all scram-sha-256' >>"$cluster.new/pg_hba.conf"
  echo 'create database mlops' | /opt/postgres/bin/postgres --single -D "$cluster.new" postgres
  mv "$cluster.new" "$cluster"
fi
exec /opt/postgres/bin/postgres -D "$cluster" -c listen_addresses='*' -c unix_socket_directories= -c shared_buffers=128MB \
  -c max_connections=200 -c timezone=UTC -c log_timezone=UTC -c jit=off
