#!/bin/sh
# Runs the tests in python/ with the published Python client. See in_venv.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/in_venv.sh"
in_venv "The Python client" "$here/python" \
  "${PYTHON_CLIENT_VENV:?set PYTHON_CLIENT_VENV to a directory for the virtual environment}" client_test.py "$@"
