#!/bin/sh
# `reports.sh clear DIRECTORY` makes room for the sanitizers' reports; `reports.sh show DIRECTORY` prints those that came, and
# fails when there are any. A report's file is called TEST.PROGRAM.PROCESS.
set -eu
directory=$2
case $1 in
  clear)
    rm -rf "$directory"
    mkdir -p "$directory"
    chmod 1777 "$directory" # some tests start the coordinator as another user
    ;;
  show)
    found=$(ls "$directory")
    for report in $found; do
      echo "== $report"
      cat "$directory/$report"
    done
    [ -z "$found" ]
    ;;
esac
