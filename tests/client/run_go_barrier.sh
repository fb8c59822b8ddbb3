#!/bin/sh
# Builds a program with the published Go client's barrier, and runs the test that lets it meet ours: GO_BARRIER_TEST.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
go_module=$here/../wire/go
. "$here/../wire/go_tool.sh"
"$go" build -o "$scratch/barrier_call" ./barrier_call
GO_BARRIER="$scratch/barrier_call" "${GO_BARRIER_TEST:?set GO_BARRIER_TEST to the path of the test}" "$@"
