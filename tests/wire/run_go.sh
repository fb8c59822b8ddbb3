#!/bin/sh
# Runs the tests in go/ with the published Go client against the coordinator named by TREATYD.
set -eu
here=$(realpath "$(dirname "$0")")
go_module=$here/go
. "$here/go_tool.sh"
# The tests wait more than they work, so many run at once, whatever the number of processors.
exec "$go" test -count=1 -parallel 24 -timeout 150s "$@" ./...
