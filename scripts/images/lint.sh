#!/usr/bin/env bash
# The Dockerfiles, by hadolint: the one on PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."
hadolint deploy/docker/dockerfiles/Dockerfile.*
