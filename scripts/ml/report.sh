#!/usr/bin/env bash
# Compares the models with those of a commit, and puts the table where people look: the summary of the run, and the pull request where there is one
# (PULL_REQUEST, GH_TOKEN). Ends as the comparison does.
# scripts/ml/report.sh <commit>
set -uo pipefail
[ -n "${1:-}" ] || { echo 'scripts/ml/report.sh <commit>' >&2 && exit 2; }
cd "$(dirname "$0")/../.."
report=$(mktemp)
trap 'rm -f "$report"' EXIT
scripts/ml/compare.sh "$1" >"$report"
ended=$?
cat "$report"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$report" >>"$GITHUB_STEP_SUMMARY"
[ -z "${PULL_REQUEST:-}" ] || [ ! -s "$report" ] || gh pr comment "$PULL_REQUEST" --edit-last --create-if-none --body-file "$report"
exit $ended
