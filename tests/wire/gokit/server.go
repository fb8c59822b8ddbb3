package gokit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Recipe is how a kind of server is started: what sets its directory up, and the server itself.
type Recipe struct {
	SetUp, Serve []string
}

// Server is a program of Debian's on a directory and a port of its own, until the test ends.
type Server struct {
	Port   int
	Recipe Recipe

	process Process
}

// StartServer makes a directory, sets it up and starts the server there; AwaitReady says when it serves.
func StartServer(t *testing.T, kind func(t *testing.T, dir string, port int) Recipe) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "treaty-wire-server-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	as, err := unprivileged(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Port: MustFreePort(t)}
	s.Recipe = kind(t, dir, s.Port)
	s.process = Process{Command: s.Recipe.Serve, Dir: dir, Log: dir + "/log", AsUser: as}
	if len(s.Recipe.SetUp) != 0 {
		s.setUp(t)
	}
	s.Start(t)
	t.Cleanup(func() { _ = s.process.Stop(syscall.SIGQUIT, 20*time.Second) }) // at once, but PostgreSQL gives its shared memory back
	return s
}

func (s *Server) setUp(t *testing.T) {
	t.Helper()
	limit, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	command := exec.CommandContext(limit, s.Recipe.SetUp[0], s.Recipe.SetUp[1:]...)
	command.Dir = s.process.Dir
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: s.process.AsUser}
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", s.Recipe.SetUp, err, output)
	}
}

// Start starts a server again that was killed, on the same directory and port.
func (s *Server) Start(t *testing.T) {
	t.Helper()
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server at once.
func (s *Server) Kill() { s.process.Kill() }

// Address of the server.
func (s *Server) Address() string { return Local(s.Port) }

// Dir is the server's directory.
func (s *Server) Dir() string { return s.process.Dir }

// AwaitReady fails the test when the server does not come to serve.
func (s *Server) AwaitReady(t *testing.T, ready func() bool) {
	t.Helper()
	if !Eventually(30*time.Second, ready) {
		t.Fatalf("%v did not become ready; its log:\n%s", s.Recipe.Serve, s.process.LogTail())
	}
}

// Program finds an executable of a Debian package. One that is not installed is a failure: a wire test that did not run
// has shown nothing.
func Program(t *testing.T, debianPackage, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		t.Fatalf("The wire tests need %s. On Debian 12: apt-get install %s", pattern, debianPackage)
	}
	return found[len(found)-1]
}

// MariaDB serves on the port; root needs no password.
func MariaDB(t *testing.T, dir string, port int) Recipe {
	t.Helper()
	packages := "mariadb-server-core mariadb-client-core"
	data := "--datadir=" + dir + "/data"
	return Recipe{
		SetUp: []string{Program(t, packages, "/usr/bin/mariadb-install-db"), "--no-defaults", data,
			"--auth-root-authentication-method=normal", "--skip-test-db"},
		Serve: []string{Program(t, packages, "/usr/sbin/mariadbd"), "--no-defaults", data, "--socket=" + dir + "/socket",
			"--pid-file=" + dir + "/pid", "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port),
			"--innodb-flush-log-at-trx-commit=0"},
	}
}

// Redis serves on the port and keeps nothing on disk.
func Redis(t *testing.T, dir string, port int) Recipe {
	t.Helper()
	return Recipe{Serve: []string{Program(t, "redis-server", "/usr/bin/redis-server"), "--bind", "127.0.0.1", "--port",
		fmt.Sprint(port), "--dir", dir, "--save", "", "--appendonly", "no"}}
}

// Etcd serves on the port and keeps what it knows when it is killed and started again.
func Etcd(t *testing.T, dir string, port int) Recipe {
	t.Helper()
	client, peer := "http://"+Local(port), "http://"+Local(MustFreePort(t))
	return Recipe{Serve: []string{Program(t, "etcd-server", "/usr/bin/etcd"), "--data-dir", dir + "/data", "--name", "one",
		"--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "one=" + peer}}
}
