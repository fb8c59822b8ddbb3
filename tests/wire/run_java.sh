#!/bin/sh
# Runs the tests in java/ with the published Java client against the coordinator named by TREATYD.
# The client and what it needs come from Maven Central, through Maven, into the directory named by JAVA_CLIENT_DIR, once for
# each state of pom.xml. What is missing is a failure, not a skip: a test that did not run has shown nothing.
set -eu

TREATYD=$(realpath "${TREATYD:?set TREATYD to the path of the coordinator's binary}")
export TREATYD
build=${JAVA_CLIENT_DIR:?set JAVA_CLIENT_DIR to a directory for the libraries and the compiled tests}
here=$(cd "$(dirname "$0")/java" && pwd)

for program in javac java; do
  if ! command -v $program >/dev/null; then
    echo "The wire tests need a Java development kit. On Debian 12: apt-get install openjdk-17-jdk-headless" >&2
    exit 1
  fi
done
if ! cmp -s "$here/pom.xml" "$build/installed.xml"; then
  if ! command -v mvn >/dev/null; then
    echo "The wire tests need Maven. On Debian 12: apt-get install maven" >&2
    exit 1
  fi
  rm -rf "$build"
  mkdir -p "$build"
  if ! mvn --quiet --batch-mode --file "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$build/lib"; then
    echo "The Java client could not be installed: is there a way to Maven Central?" >&2
    exit 1
  fi
  cp "$here/pom.xml" "$build/installed.xml"
fi
rm -rf "$build/classes"
# The client brings a library that would rewrite what is compiled: no annotation processing.
javac -proc:none -Xlint:all,-path,-processing -Werror -d "$build/classes" -cp "$build/lib/*" "$here"/*.java
[ $# -gt 0 ] || set -- --scan-classpath="$build/classes"
exec java -cp "$build/classes:$build/lib/*" org.junit.platform.console.ConsoleLauncher execute \
  --disable-banner --details=summary --fail-if-no-tests \
  --config=junit.jupiter.execution.parallel.enabled=true \
  --config=junit.jupiter.execution.parallel.mode.default=concurrent \
  --config=junit.jupiter.execution.parallel.config.strategy=fixed \
  --config=junit.jupiter.execution.parallel.config.fixed.parallelism=8 "$@"
