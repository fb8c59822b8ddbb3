#!/bin/sh
# Formats every C++ file of ours; with --check only says which are not formatted, and fails.
set -eu
cd "$(dirname "$0")/.."
files=$(git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' 2>/dev/null || true)
if [ -z "$files" ]; then # a tree without git
  files=$(find actors admin app bench client core examples net obs storage tests -name '*.cpp' -o -name '*.hpp' 2>/dev/null)
fi
existing=
for file in $files; do
  if [ -f "$file" ]; then existing="$existing $file"; fi
done
if [ "${1:-}" = --check ]; then
  echo "$existing" | tr ' ' '\n' | grep . | xargs -P 2 -n 20 clang-format-14 --dry-run -Werror
  echo "format: every file is as clang-format-14 would have it"
else
  echo "$existing" | tr ' ' '\n' | grep . | xargs -P 2 -n 20 clang-format-14 -i
  echo "format: done"
fi
