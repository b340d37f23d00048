#!/usr/bin/env bash
# Temporal with what it knows in one SQLite file, as `npm start` runs it (deploy/local/engines/temporal.ts).
set -euo pipefail
exec temporal server start-dev --ip 0.0.0.0 --port 7233 --ui-port 8233 --metrics-port 9467 --namespace default --log-level warn \
  --db-filename temporal.db --sqlite-pragma journal_mode=wal --sqlite-pragma synchronous=1 \
  --search-attribute MlopsSubject=KeywordList --search-attribute MlopsStartedBy=Keyword \
  --dynamic-config-value system.enableActivityEagerExecution=true \
  --dynamic-config-value history.transferProcessorMaxPollRPS=2000 \
  --dynamic-config-value history.timerProcessorMaxPollRPS=2000 \
  --dynamic-config-value history.visibilityProcessorMaxPollRPS=200
