#!/bin/sh
# Runs the tests in python/ with the published Python client against the coordinator named by TREATYD.
# The client and what it needs come from PyPI into a virtual environment in the directory named by PYTHON_CLIENT_VENV,
# once for each state of requirements.txt. What is missing is a failure, not a skip: a test that did not run has shown nothing.
set -eu

TREATYD=$(realpath "${TREATYD:?set TREATYD to the path of the coordinator's binary}")
export TREATYD
venv=${PYTHON_CLIENT_VENV:?set PYTHON_CLIENT_VENV to a directory for the virtual environment}
here=$(cd "$(dirname "$0")/python" && pwd)

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
  if ! python3 -m venv --clear "$venv"; then
    echo "The wire tests need Python 3 that can make virtual environments. On Debian 12: apt-get install python3-venv" >&2
    exit 1
  fi
  if ! "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"; then
    echo "The Python client could not be installed: is there a way to PyPI?" >&2
    exit 1
  fi
  cp "$here/requirements.txt" "$venv/installed.txt"
fi
exec "$venv/bin/python" "$here/client_test.py" "$@"
