# Sourced by the scripts whose tests are written in Python.
# `in_venv WHAT FOLDER VENV SCRIPT ...` runs FOLDER/SCRIPT against the coordinator named by TREATYD, in the virtual environment
# VENV, which gets FOLDER's requirements.txt from PyPI, once for each state of it; WHAT names them to people.
# What is missing is a failure, not a skip: a test that did not run has shown nothing.
in_venv() {
  what=$1 here=$2 venv=$3 script=$4
  shift 4
  TREATYD=$(realpath "${TREATYD:?set TREATYD to the path of the coordinator's binary}")
  export TREATYD
  if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    if ! python3 -m venv --clear "$venv"; then
      echo "The wire tests need Python 3 that can make virtual environments. On Debian 12: apt-get install python3-venv" >&2
      exit 1
    fi
    if ! "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"; then
      echo "$what could not be installed: is there a way to PyPI?" >&2
      exit 1
    fi
    cp "$here/requirements.txt" "$venv/installed.txt"
  fi
  exec "$venv/bin/python" "$here/$script" "$@"
}
