#!/usr/bin/env bash
# Each commit says what it is: conventional commits (https://www.conventionalcommits.org). What git itself writes of a merge or of what is taken back is as good.
# scripts/commits/check.sh <since>      the commits since that one
# scripts/commits/check.sh --file FILE  one message, as git's hook `commit-msg` gives it
set -euo pipefail
pattern='^(bench|build|chore|ci|docs|feat|fix|perf|refactor|release|revert|style|test)(\([a-z0-9-]+\))?!?: [^ ].*$|^(Revert|Reapply) ".+"$'

case "${1:-}" in
  --file)
    # Empty lines and comments before it are no part of it. A merge is let pass, and what is to be folded into another commit before anybody sees it.
    subjects=$(grep -v -m 1 -E '^[[:space:]]*(#|$)' "${2:-}" || true)
    pattern+='|^Merge |^(fixup|squash|amend)! '
    [ -n "$subjects" ] || subjects='(an empty line)'
    ;;
  '' | -*)
    echo 'scripts/commits/check.sh <since> | --file FILE' >&2
    exit 2
    ;;
  *) subjects=$(git log --no-merges --format=%s "$1..HEAD" --) ;;
esac

wrong=$(grep -Ev "$pattern" <<<"$subjects" || true)
if [ -n "$wrong" ]; then
  printf 'These do not say what they are, such as "feat: …" or "fix: …":\n%s\n' "$wrong" >&2
  exit 1
fi
