#!/usr/bin/env bash
# The guide's menu. Each line is a command of `npm` or `mlops`, which it prints, so that the next time it can be typed.
#   ./run_movie_mlops.sh        shows the menu and asks
#   ./run_movie_mlops.sh 11     does what stands at 11
set -u
cd "$(dirname "$0")" || exit 1

menu() {
  cat <<'MENU'
movie-mlops
   1  set up what is needed on this machine (once)
   2  start everything, and stay with it until Ctrl-C
   3  stop everything
   4  start everything without the main job
   5  start the API stack: pipelines, features, registry, recommendations, events
   6  start the ML stack: training, registry, model server
   7  start monitoring: Prometheus, alerts, and what they watch
   8  test the whole system
   9  show the logs as they come, until Ctrl-C
  10  check the nine systems
  11  show the state of each process and engine
  12  recommend movies to user 1
   0  leave
MENU
}

run() {
  printf '+ %s\n' "$*"
  "$@"
}
mlops() { run node cli/mlops.mjs "$@"; }

choose() {
  case "$1" in
    1) run npm run setup ;;
    2) run npm start ;;
    3) mlops down ;;
    4) run npm start -- --no-job ;;
    5) run npm start -- --only api ;;
    6) run npm start -- --only ml ;;
    7) run npm start -- --only monitoring ;;
    8) run ./run_tests.sh e2e && mlops check ;;
    9) mlops logs --follow ;;
    10) mlops check ;;
    11) mlops status ;;
    12) mlops recommend 1 ;;
    0) return 0 ;;
    *)
      printf 'There is no %s in the menu; there are 0 to 12.\n' "$1" >&2
      return 2
      ;;
  esac
}

if [ $# -gt 1 ]; then
  echo 'One number of the menu at a time.' >&2
  exit 2
elif [ $# -eq 1 ]; then
  choose "$1"
else
  menu
  printf 'Number: '
  read -r number || exit 0
  choose "$number"
fi
