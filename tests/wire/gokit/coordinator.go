package gokit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Coordinator is one process of the binary that TREATYD names, on a directory, and where it listens.
type Coordinator struct {
	Dir       string
	GRPCPort  int           // 0: any
	CallLimit time.Duration // of a branch call; 0: a second
	Options   string        // further lines of its configuration
	HTTP      string        // base URL of the API, as a client is configured with it
	GRPC      string        // host:port

	process Process
}

const config = `HttpPort: 0
GrpcPort: %d
RetryInterval: 1
RequestTimeout: %d
LogLevel: warn
Store:
  Path: %s
`

// Start runs the binary on its directory, for the first time or again, and waits until it serves.
func (c *Coordinator) Start() error {
	binary := os.Getenv("TREATYD")
	if binary == "" {
		return errors.New("set TREATYD to the path of the coordinator's binary")
	}
	configFile := filepath.Join(c.Dir, "treatyd.yml")
	portsFile := filepath.Join(c.Dir, "ports.json")
	text := fmt.Sprintf(config, c.GRPCPort, c.callLimitSeconds(), filepath.Join(c.Dir, "data")) + c.Options
	if err := os.WriteFile(configFile, []byte(text), 0o600); err != nil {
		return err
	}
	_ = os.Remove(portsFile) // of an earlier start
	c.process = Process{Command: []string{binary, "-c", configFile, "--ports-file", portsFile},
		Log: filepath.Join(c.Dir, "treatyd.log")}
	if err := c.process.Start(); err != nil {
		return err
	}
	var ports struct{ HTTP, GRPC int }
	ready := Eventually(30*time.Second, func() bool {
		bytes, err := os.ReadFile(portsFile)
		return err == nil && json.Unmarshal(bytes, &ports) == nil && ports.HTTP != 0
	})
	if !ready {
		c.Kill()
		return fmt.Errorf("%s did not become ready; its log:\n%s", binary, c.LogTail())
	}
	c.HTTP = fmt.Sprintf("http://%s/api/dtmsvr", Local(ports.HTTP))
	c.GRPC = Local(ports.GRPC)
	return nil
}

func (c *Coordinator) callLimitSeconds() int {
	if c.CallLimit == 0 {
		return 1
	}
	return int(c.CallLimit / time.Second)
}

// Stop asks the process to drain and waits for its end.
func (c *Coordinator) Stop() error { return c.process.Stop(syscall.SIGTERM, 30*time.Second) }

// Kill ends the process as a power cut would.
func (c *Coordinator) Kill() { c.process.Kill() }

// LogTail is the end of its log.
func (c *Coordinator) LogTail() string { return c.process.LogTail() }

// Record is what a query answers, as far as tests look at it.
type Record struct {
	Branches    []struct{ BranchID, Op, Status string }
	Transaction *struct {
		Status         string
		RollbackReason string `json:"rollback_reason"`
		Protocol       string
	}
}

// Query reads a transaction.
func (c *Coordinator) Query(t *testing.T, gid string) Record {
	t.Helper()
	answer, err := http.Get(c.HTTP + "/query?gid=" + url.QueryEscape(gid))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	var found Record
	if err := json.Unmarshal(body, &found); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("query of %s: %d %s", gid, answer.StatusCode, body)
	}
	return found
}

// StatusOf a transaction, or "absent".
func (c *Coordinator) StatusOf(t *testing.T, gid string) string {
	t.Helper()
	if found := c.Query(t, gid); found.Transaction != nil {
		return found.Transaction.Status
	}
	return "absent"
}

// Rows spells the branch rows' statuses in stored order by their first letters: "PSPS".
func (c *Coordinator) Rows(t *testing.T, gid string) string {
	t.Helper()
	letters := map[string]string{"prepared": "P", "succeed": "S", "failed": "F"}
	text := ""
	for _, row := range c.Query(t, gid).Branches {
		text += letters[row.Status]
	}
	return text
}
