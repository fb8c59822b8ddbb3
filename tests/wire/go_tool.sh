# Sourced by the scripts that run Go tests, with $go_module set: finds Go, goes there, downloads what the module needs, once.
# Needs Go 1.19 or newer: `go` from PATH if it is, else Debian's golang-1.19. No Go is a failure, not a skip: a wire test
# that did not run has shown nothing. The modules come from the module proxy and stay in Go's cache.

new_enough() {
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  minor=$(printf '%s\n' "$version" | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ -n "$minor" ] && [ "$minor" -ge 19 ]
}

go=
for candidate in go /usr/lib/go-1.19/bin/go; do
  if new_enough "$candidate"; then
    go=$candidate
    break
  fi
done
if [ -z "$go" ]; then
  echo "The wire tests need Go 1.19 or newer; none was found. On Debian 12: apt-get install golang-1.19-go" >&2
  exit 1
fi

TREATYD=$(realpath "${TREATYD:?set TREATYD to the path of the coordinator's binary}")
export TREATYD
cd "$go_module"
# Never fetches another toolchain, never edits go.mod.
export GOTOOLCHAIN=local GOFLAGS="${GOFLAGS:-} -mod=readonly"
if ! "$go" mod download; then
  echo "The Go modules of the wire tests could not be downloaded: is there a way to the module proxy (GOPROXY)?" >&2
  exit 1
fi
