#!/bin/sh
# Runs the tests in api/: the coordinator's own API, held against its OpenAPI document. See in_venv.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/in_venv.sh"
in_venv "The tools for the API's tests" "$here/api" \
  "${API_TOOLS_VENV:?set API_TOOLS_VENV to a directory for the virtual environment}" api_test.py "$@"
