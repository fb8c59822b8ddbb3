#!/bin/sh
# Runs the tests in deploy/: what the folder deploy/ of the project gives out, held against the product. See in_venv.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/in_venv.sh"
in_venv "What reads YAML" "$here/deploy" \
  "${DEPLOY_TOOLS_VENV:?set DEPLOY_TOOLS_VENV to a directory for the virtual environment}" deploy_test.py "$@"
