#!/usr/bin/env bash
# Builds the images, runs the stack of them, upgrades it under load, and kills a container of each.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run test:images
