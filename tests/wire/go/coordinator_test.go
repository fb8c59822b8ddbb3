// Package wire runs the published Go client of DTM against the real coordinator binary.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// daemon is one coordinator process on a directory, and where it listens.
type daemon struct {
	dir     string
	options string // further lines of its configuration
	child   *exec.Cmd
	http    string // base URL of the API, as a client is configured with it
	grpc    string // host:port
}

// coordinator is the process that all tests share, but those that kill theirs.
var coordinator = &daemon{}

const config = `HttpPort: 0
GrpcPort: 0
RetryInterval: 1
RequestTimeout: 1
LogLevel: warn
Store:
  Path: %s
`

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
	coordinator.dir = dir
	if err := coordinator.start(); err != nil {
		return 1, err
	}
	code := m.Run()
	if err := coordinator.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "the coordinator did not end well:", err)
		code = 1
	}
	if code != 0 {
		fmt.Fprintf(os.Stderr, "the coordinator's log:\n%s\n", coordinator.logTail())
	}
	return code, nil
}

// start runs the binary on the daemon's directory, for the first time or again, and waits until it serves.
func (d *daemon) start() error {
	binary := os.Getenv("TREATYD")
	if binary == "" {
		return errors.New("set TREATYD to the path of the coordinator's binary")
	}
	configFile := filepath.Join(d.dir, "treatyd.yml")
	portsFile := filepath.Join(d.dir, "ports.json")
	text := fmt.Sprintf(config, filepath.Join(d.dir, "data")) + d.options
	if err := os.WriteFile(configFile, []byte(text), 0o600); err != nil {
		return err
	}
	_ = os.Remove(portsFile) // of an earlier start
	log, err := os.OpenFile(d.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	d.child = exec.Command(binary, "-c", configFile, "--ports-file", portsFile)
	d.child.Stdout, d.child.Stderr = log, log
	d.child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.child.Start(); err != nil {
		return err
	}
	var ports struct{ HTTP, GRPC int }
	ready := eventually(30*time.Second, func() bool {
		bytes, err := os.ReadFile(portsFile)
		return err == nil && json.Unmarshal(bytes, &ports) == nil && ports.HTTP != 0
	})
	if !ready {
		d.kill()
		return fmt.Errorf("%s did not become ready; its log:\n%s", binary, d.logTail())
	}
	d.http = fmt.Sprintf("http://127.0.0.1:%d/api/dtmsvr", ports.HTTP)
	d.grpc = fmt.Sprintf("127.0.0.1:%d", ports.GRPC)
	return nil
}

func (d *daemon) stop() error {
	if err := d.child.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	late := time.AfterFunc(30*time.Second, func() { _ = d.child.Process.Kill() })
	defer late.Stop()
	return d.child.Wait()
}

// kill ends the process as a power cut would: nothing is said, nothing is flushed.
func (d *daemon) kill() {
	_ = d.child.Process.Kill()
	_ = d.child.Wait()
}

func (d *daemon) logFile() string { return filepath.Join(d.dir, "treatyd.log") }

func (d *daemon) logTail() string {
	bytes, _ := os.ReadFile(d.logFile())
	if len(bytes) > 8000 {
		bytes = bytes[len(bytes)-8000:]
	}
	return string(bytes)
}

func eventually(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return holds()
		}
	}
	return true
}

// record is what a query answers, as far as these tests look at it.
type record struct {
	Branches    []struct{ BranchID, Op, Status string }
	Transaction *struct {
		Status         string
		RollbackReason string `json:"rollback_reason"`
		Protocol       string
	}
}

func query(t *testing.T, gid string) record {
	t.Helper()
	return coordinator.query(t, gid)
}

func (d *daemon) query(t *testing.T, gid string) record {
	t.Helper()
	answer, err := http.Get(d.http + "/query?gid=" + url.QueryEscape(gid))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	var found record
	if err := json.Unmarshal(body, &found); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("query of %s: %d %s", gid, answer.StatusCode, body)
	}
	return found
}

func statusOf(t *testing.T, gid string) string {
	t.Helper()
	return coordinator.statusOf(t, gid)
}

func (d *daemon) statusOf(t *testing.T, gid string) string {
	t.Helper()
	if found := d.query(t, gid); found.Transaction != nil {
		return found.Transaction.Status
	}
	return "absent"
}

// rows spells the branch rows' statuses in stored order by their first letters: "PSPS".
func (d *daemon) rows(t *testing.T, gid string) string {
	t.Helper()
	letters := map[string]string{"prepared": "P", "succeed": "S", "failed": "F"}
	text := ""
	for _, row := range d.query(t, gid).Branches {
		text += letters[row.Status]
	}
	return text
}

func expectEnd(t *testing.T, gid, end, branchRows string) {
	t.Helper()
	coordinator.expectEnd(t, gid, end, branchRows)
}

func (d *daemon) expectEnd(t *testing.T, gid, end, branchRows string) {
	t.Helper()
	if !eventually(20*time.Second, func() bool { return d.statusOf(t, gid) == end }) {
		t.Fatalf("%s is %s, not %s; its branches saw: %s", gid, d.statusOf(t, gid), end, business.story(gid))
	}
	if seen := d.rows(t, gid); seen != branchRows {
		t.Errorf("rows of %s are %s, not %s", gid, seen, branchRows)
	}
}

func forceStop(t *testing.T, gid string) {
	t.Helper()
	answer, err := http.Post(coordinator.http+"/forceStop", "application/json",
		io.NopCloser(jsonBody(map[string]string{"gid": gid})))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("forceStop of %s: %d", gid, answer.StatusCode)
	}
}
