#!/bin/sh
# Runs the sign-up of gozero/, made of real go-zero services, against the coordinator named by TREATYD. GOZERO_DIR is where
# the services are built. TAG_IN_CPP names the C++ service of the mixed stories, which are left out without it. Takes etcd,
# MariaDB and Redis from Debian's packages.
set -eu
here=$(realpath "$(dirname "$0")")
mkdir -p "${GOZERO_DIR:?set GOZERO_DIR to a directory for the built services}"
SCENE=$(realpath "$GOZERO_DIR")/scene
export SCENE
if [ -n "${TAG_IN_CPP:-}" ]; then
  TAG_IN_CPP=$(realpath "$TAG_IN_CPP")
  export TAG_IN_CPP
fi
go_module=$here/gozero
. "$here/go_tool.sh"
"$go" build -o "$SCENE" ./scene
# The stories wait more than they work, so all of them run at once, whatever the number of processors.
exec "$go" test -count=1 -parallel 16 -timeout 150s "$@" .
