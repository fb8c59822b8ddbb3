// Package gokit starts, kills and starts again what the Go wire tests talk to: the coordinator's binary, and servers of
// Debian's packages. It needs nothing but Go's own library, so that each module of tests keeps its own versions.
package gokit

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Process is a child that does not outlive the tests. Its output goes to a log, also when it is started again.
type Process struct {
	Command []string
	Dir     string
	Log     string // file
	AsUser  *syscall.Credential

	child *exec.Cmd
}

// Start runs the command, for the first time or again.
func (p *Process) Start() error {
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.child = exec.Command(p.Command[0], p.Command[1:]...)
	p.child.Dir = p.Dir
	p.child.Stdout, p.child.Stderr = log, log
	p.child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: p.AsUser}
	return p.child.Start()
}

// Stop sends the signal and waits for the end, at most for the limit; then it kills.
func (p *Process) Stop(signal syscall.Signal, limit time.Duration) error {
	if err := p.child.Process.Signal(signal); err != nil {
		return err
	}
	late := time.AfterFunc(limit, func() { _ = p.child.Process.Kill() })
	defer late.Stop()
	return p.child.Wait()
}

// Kill ends the process as a power cut would: nothing is said, nothing is flushed.
func (p *Process) Kill() {
	_ = p.child.Process.Kill()
	_ = p.child.Wait()
}

// LogTail is the end of what the process has printed.
func (p *Process) LogTail() string {
	bytes, _ := os.ReadFile(p.Log)
	if len(bytes) > 8000 {
		bytes = bytes[len(bytes)-8000:]
	}
	return string(bytes)
}

// Eventually asks until something holds, at most for the limit.
func Eventually(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return holds()
		}
	}
	return true
}

// MustFreePort is for servers that cannot choose a port and say which. It is not one of those that the system gives out
// itself: of them, a connection somewhere else may take any at the next moment. Nor is it one that another test is about
// to use: each process has a hundred of its own (kit::free_port does the same).
func MustFreePort(t *testing.T) int {
	t.Helper()
	const processes, each = 200, 100
	first := 10000 + os.Getpid()%processes*each
	for attempt := 0; attempt < each; attempt++ {
		port := first + int(atomic.AddInt64(&portsGiven, 1))%each
		if listener, err := net.Listen("tcp", Local(port)); err == nil {
			listener.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

var portsGiven int64

// Local is the address of a port of this machine.
func Local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// unprivileged gives the directory to nobody when the tests run as root: database servers refuse to be root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("database servers refuse to be root: %w", err)
	}
	id, _ := strconv.Atoi(nobody.Uid)
	group, _ := strconv.Atoi(nobody.Gid)
	return &syscall.Credential{Uid: uint32(id), Gid: uint32(group)}, os.Chown(dir, id, group)
}
