#!/usr/bin/env bash
# Asks a release that runs whether it is well, again and again for a while: ready, and recommendations that are answered. One look that fails is a no,
# and so is an answer that leads elsewhere.
# API_URL, MLOPS_API_KEY; GATE_LOOKS looks, GATE_EVERY seconds apart
set -euo pipefail
looks=${GATE_LOOKS:-30} every=${GATE_EVERY:-10}
[[ $looks =~ ^[1-9][0-9]*$ ]] || { echo "GATE_LOOKS is $looks, which asks nothing" >&2 && exit 2; }
ask() {
  local code
  # The key is read from a file, since arguments are seen by every process of the machine.
  code=$(curl --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' \
    --header @- "$API_URL$1" <<<"X-API-Key: ${MLOPS_API_KEY:-}") || return 1
  [ "$code" = 200 ] || { echo "$1 is answered with $code" >&2 && return 1; }
}
for ((look = 1; look <= looks; look++)); do
  if ! ask /health/ready || ! ask '/api/v1/recommendations?k=5&user_id=1'; then
    echo "Look $look of $looks at $API_URL failed" >&2
    exit 1
  fi
  [ "$look" = "$looks" ] || sleep "$every"
done
echo "$looks looks at $API_URL went well"
