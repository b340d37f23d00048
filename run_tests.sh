#!/usr/bin/env bash
# All checks, or those of one kind: ./run_tests.sh [unit|integration|e2e]. The last line is the count.
set -eu
cd "$(dirname "$0")"
if [ $# -gt 1 ]; then
  echo './run_tests.sh [unit|integration|e2e]: one kind at a time' >&2
  exit 2
fi
case "${1:-all}" in
  all) exec npm test ;;
  unit | integration | e2e) exec npm run "test:$1" ;;
  *)
    printf './run_tests.sh [unit|integration|e2e]: there is no kind %s\n' "$1" >&2
    exit 2
    ;;
esac
