// Package wire runs the published Go client of DTM against the real coordinator binary.
package wire

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"treaty/tests/wire/gokit"
)

// daemon is one coordinator process on a directory.
type daemon struct{ gokit.Coordinator }

// coordinator is the process that all tests share, but those that kill theirs.
var coordinator = &daemon{}

func ownDaemon(t *testing.T, options string) *daemon {
	return &daemon{gokit.Coordinator{Dir: t.TempDir(), Options: options}}
}

func TestMain(m *testing.M) {
	code, err := runWithCoordinator(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWithCoordinator(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "treaty-wire-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	coordinator.Dir = dir
	if err := coordinator.Start(); err != nil {
		return 1, err
	}
	code := m.Run()
	if err := coordinator.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "the coordinator did not end well:", err)
		code = 1
	}
	if code != 0 {
		fmt.Fprintf(os.Stderr, "the coordinator's log:\n%s\n", coordinator.LogTail())
	}
	return code, nil
}

func query(t *testing.T, gid string) gokit.Record {
	t.Helper()
	return coordinator.Query(t, gid)
}

func statusOf(t *testing.T, gid string) string {
	t.Helper()
	return coordinator.StatusOf(t, gid)
}

func expectEnd(t *testing.T, gid, end, branchRows string) {
	t.Helper()
	coordinator.expectEnd(t, gid, end, branchRows)
}

func (d *daemon) expectEnd(t *testing.T, gid, end, branchRows string) {
	t.Helper()
	if !gokit.Eventually(20*time.Second, func() bool { return d.StatusOf(t, gid) == end }) {
		t.Fatalf("%s is %s, not %s; its branches saw: %s", gid, d.StatusOf(t, gid), end, business.story(gid))
	}
	if seen := d.Rows(t, gid); seen != branchRows {
		t.Errorf("rows of %s are %s, not %s", gid, seen, branchRows)
	}
}

func forceStop(t *testing.T, gid string) {
	t.Helper()
	answer, err := http.Post(coordinator.HTTP+"/forceStop", "application/json",
		io.NopCloser(jsonBody(map[string]string{"gid": gid})))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("forceStop of %s: %d", gid, answer.StatusCode)
	}
}
