#!/usr/bin/env bash
# Lets git look at a commit before it is made: formatting and lint of what is in it, and its message. scripts/hooks/install.sh [--remove]
# Hooks of your own stay as they are; then this says how both can be had.
set -euo pipefail
cd "$(dirname "$0")/../.."
ours=scripts/hooks/git
inside=$(git rev-parse --show-prefix)
[ -z "$inside" ] || { echo 'This folder is no checkout of its own, and git would look at commits of another one.' >&2 && exit 2; }
set_to=$(git config core.hooksPath || true)

case "${1:-}" in
  --remove)
    if [ "$set_to" = "$ours" ]; then git config --unset core.hooksPath; fi
    echo 'git commits as before.'
    ;;
  '')
    own=$(find "$(git rev-parse --git-common-dir)/hooks" -type f ! -name '*.sample' -perm -u+x 2>/dev/null || true)
    if [ -n "$set_to" ] && [ "$set_to" != "$ours" ]; then own=$set_to; fi
    if [ -n "$own" ] && [ "$set_to" != "$ours" ]; then
      printf 'git has hooks of yours, which would not be called any more:\n%s\nCall %s/pre-commit and %s/commit-msg "$1" from them.\n' "$own" "$ours" "$ours" >&2
      exit 1
    fi
    git config core.hooksPath "$ours"
    echo 'git looks at formatting, lint and message of each commit; scripts/hooks/install.sh --remove ends that.'
    ;;
  *)
    echo 'scripts/hooks/install.sh [--remove]' >&2
    exit 2
    ;;
esac
