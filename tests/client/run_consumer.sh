#!/bin/sh
# Installs the SDK into an empty prefix, builds somebody else's project against it, and runs the README's example against
# the coordinator named by TREATYD. BUILD: the build tree that the SDK is installed from.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
TREATYD=$(realpath "${TREATYD:?set TREATYD to the path of the coordinator's binary}")
BUILD=$(realpath "${BUILD:?set BUILD to the build tree}")
scratch=$(mktemp -d)
coordinator=
finish() {
  if [ -n "$coordinator" ]; then kill "$coordinator" && wait "$coordinator" || true; fi
  rm -rf "$scratch"
}
trap finish EXIT

cmake --install "$BUILD" --component client --prefix "$scratch/installed" > "$scratch/install.log"

# The example is the first piece of code in the README that has a main.
awk '/^```cpp$/ { code = ""; inside = 1; next }
     /^```$/ && inside { inside = 0; if (code ~ /int main\(/) { printf "%s", code; exit } next }
     inside { code = code $0 "\n" }' "$here/../../client/README.md" > "$scratch/example.cpp"
grep -q 'int main(' "$scratch/example.cpp"

cmake -G Ninja -S "$here/consumer" -B "$scratch/build" -DCMAKE_PREFIX_PATH="$scratch/installed" \
  -DREADME_EXAMPLE="$scratch/example.cpp" -DCMAKE_CXX_FLAGS="-Wall -Wextra ${CONSUMER_FLAGS:-}" > "$scratch/configure.log" \
  || { cat "$scratch/configure.log"; exit 1; }
cmake --build "$scratch/build"
"$scratch/build/everything"

printf 'HttpPort: 0\nGrpcPort: 0\nStore:\n  Path: %s/data\n' "$scratch" > "$scratch/treatyd.yml"
"$TREATYD" -c "$scratch/treatyd.yml" --ports-file "$scratch/ports.json" > "$scratch/treatyd.log" 2>&1 &
coordinator=$!
tries=0
until port=$(sed -n 's/.*"http" *: *\([0-9]*\).*/\1/p' "$scratch/ports.json" 2> /dev/null) && [ -n "$port" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ]; then cat "$scratch/treatyd.log"; exit 1; fi
  sleep 0.1
done
"$scratch/build/example" "http://127.0.0.1:$port/api/dtmsvr" > "$scratch/told"
cat "$scratch/told"
printf 'seat: action\nmoney: action\nmoney: compensate\nseat: compensate\nthe trip was undone\n' | diff - "$scratch/told"
