#!/bin/sh
# Runs the tests in api/ against the coordinator named by TREATYD: its own API, held against its OpenAPI document.
# The tools come from PyPI into a virtual environment in the directory named by API_TOOLS_VENV, once for each state of
# requirements.txt. What is missing is a failure, not a skip: a test that did not run has shown nothing.
set -eu

TREATYD=$(realpath "${TREATYD:?set TREATYD to the path of the coordinator's binary}")
export TREATYD
venv=${API_TOOLS_VENV:?set API_TOOLS_VENV to a directory for the virtual environment}
here=$(cd "$(dirname "$0")/api" && pwd)

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
  if ! python3 -m venv --clear "$venv"; then
    echo "The wire tests need Python 3 that can make virtual environments. On Debian 12: apt-get install python3-venv" >&2
    exit 1
  fi
  if ! "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"; then
    echo "The tools for the API's tests could not be installed: is there a way to PyPI?" >&2
    exit 1
  fi
  cp "$here/requirements.txt" "$venv/installed.txt"
fi
exec "$venv/bin/python" "$here/api_test.py" "$@"
