#!/usr/bin/env bash
# Lets git look at a commit before it is made: formatting and lint of what is in it, and its message. scripts/hooks/install.sh [--remove]
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" = --remove ]; then
  git config --unset core.hooksPath
  echo 'git commits as before.'
else
  git config core.hooksPath scripts/hooks/git
  echo 'git looks at formatting, lint and message of each commit; scripts/hooks/install.sh --remove ends that.'
fi
