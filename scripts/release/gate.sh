#!/usr/bin/env bash
# Asks a release that runs whether it is well, again and again for a while: ready, and recommendations that are answered. One look that fails is a no.
# API_URL, MLOPS_API_KEY; GATE_LOOKS looks, GATE_EVERY seconds apart
set -euo pipefail
looks=${GATE_LOOKS:-30} every=${GATE_EVERY:-10}
ask() { curl --fail --silent --show-error --max-time 10 --header "X-API-Key: ${MLOPS_API_KEY:-}" "$API_URL$1" >/dev/null; }
for ((look = 1; look <= looks; look++)); do
  if ! ask /health/ready || ! ask '/api/v1/recommendations?k=5&user_id=1'; then
    echo "Look $look of $looks at $API_URL failed" >&2
    exit 1
  fi
  [ "$look" = "$looks" ] || sleep "$every"
done
echo "$looks looks at $API_URL went well"
