#!/usr/bin/env bash
# Asks a release that runs whether it is well, again and again for a while: ready, and recommendations that are answered. One look that fails is a no,
# and so is an answer that leads elsewhere.
# API_URL, MLOPS_API_KEY; GATE_LOOKS looks, GATE_EVERY seconds apart
set -euo pipefail
looks=${GATE_LOOKS:-30} every=${GATE_EVERY:-10}
[[ $looks =~ ^[1-9][0-9]*$ ]] || { echo "GATE_LOOKS is $looks, which asks nothing" >&2 && exit 2; }
# Node, since it is here wherever the rest is. The key goes by the environment: arguments are seen by every process of the machine.
readonly ASK='
  const headers = { "x-api-key": process.env.MLOPS_API_KEY ?? "" };
  try {
    const answer = await fetch(process.env.API_URL + process.argv[1], { headers, redirect: "manual", signal: AbortSignal.timeout(10_000) });
    await answer.arrayBuffer();
    console.log(answer.status);
  } catch (error) {
    console.error(error.cause?.message || error.message);
    process.exitCode = 1;
  }
'
ask() {
  local code
  code=$(NODE_USE_ENV_PROXY=1 node --input-type=module --eval "$ASK" "$1") || return 1
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
