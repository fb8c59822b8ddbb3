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

// coordinator is the one binary under test, as all tests of a run share it.
var coordinator struct {
	http string // base URL of the API, as a client is configured with it
	grpc string // host:port
}

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
	binary := os.Getenv("TREATYD")
	if binary == "" {
		return 1, errors.New("set TREATYD to the path of the coordinator's binary")
	}
	dir, err := os.MkdirTemp("", "treaty-wire-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	child, log, err := start(binary, dir)
	if err != nil {
		return 1, err
	}
	code := m.Run()
	if err := stop(child); err != nil {
		fmt.Fprintln(os.Stderr, "the coordinator did not end well:", err)
		code = 1
	}
	if code != 0 {
		fmt.Fprintf(os.Stderr, "the coordinator's log:\n%s\n", tail(log))
	}
	return code, nil
}

func start(binary, dir string) (*exec.Cmd, string, error) {
	configFile := filepath.Join(dir, "treatyd.yml")
	portsFile := filepath.Join(dir, "ports.json")
	logFile := filepath.Join(dir, "treatyd.log")
	text := fmt.Sprintf(config, filepath.Join(dir, "data"))
	if err := os.WriteFile(configFile, []byte(text), 0o600); err != nil {
		return nil, "", err
	}
	log, err := os.Create(logFile)
	if err != nil {
		return nil, "", err
	}
	defer log.Close()
	child := exec.Command(binary, "-c", configFile, "--ports-file", portsFile)
	child.Stdout, child.Stderr = log, log
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		return nil, "", err
	}
	var ports struct{ HTTP, GRPC int }
	ready := eventually(30*time.Second, func() bool {
		bytes, err := os.ReadFile(portsFile)
		return err == nil && json.Unmarshal(bytes, &ports) == nil && ports.HTTP != 0
	})
	if !ready {
		_ = child.Process.Kill()
		return nil, "", fmt.Errorf("%s did not become ready; its log:\n%s", binary, tail(logFile))
	}
	coordinator.http = fmt.Sprintf("http://127.0.0.1:%d/api/dtmsvr", ports.HTTP)
	coordinator.grpc = fmt.Sprintf("127.0.0.1:%d", ports.GRPC)
	return child, logFile, nil
}

func stop(child *exec.Cmd) error {
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	late := time.AfterFunc(30*time.Second, func() { _ = child.Process.Kill() })
	defer late.Stop()
	return child.Wait()
}

func tail(file string) string {
	bytes, _ := os.ReadFile(file)
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
	answer, err := http.Get(coordinator.http + "/query?gid=" + url.QueryEscape(gid))
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
	if found := query(t, gid); found.Transaction != nil {
		return found.Transaction.Status
	}
	return "absent"
}

// rows spells the branch rows' statuses in stored order by their first letters: "PSPS".
func rows(t *testing.T, gid string) string {
	t.Helper()
	letters := map[string]string{"prepared": "P", "succeed": "S", "failed": "F"}
	text := ""
	for _, row := range query(t, gid).Branches {
		text += letters[row.Status]
	}
	return text
}

func expectEnd(t *testing.T, gid, end, branchRows string) {
	t.Helper()
	if !eventually(20*time.Second, func() bool { return statusOf(t, gid) == end }) {
		t.Fatalf("%s is %s, not %s; its branches saw: %s", gid, statusOf(t, gid), end, business.story(gid))
	}
	if seen := rows(t, gid); seen != branchRows {
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
