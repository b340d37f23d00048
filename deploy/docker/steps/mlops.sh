#!/bin/sh
# The command line, as `mlops` on the PATH of the API's image.
exec node /app/cli/mlops.mjs "$@"
