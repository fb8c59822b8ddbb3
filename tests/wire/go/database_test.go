package wire

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	_ "github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq"
)

// database is a real SQL server with an account table and the library's barrier table.
type database struct {
	dtmcli.DBConf
	*sql.DB
	prepared string // selects the ids of the transactions that are prepared and not ended
}

// starter is how a kind of database is started: what sets its directory up, and the server itself.
type starter struct {
	setUp, serve []string
	conf         dtmcli.DBConf
	schema       []string
	prepared     string
}

const barrierColumns = `trans_type varchar(45), gid varchar(128), branch_id varchar(128), op varchar(45),
	barrier_id varchar(45), reason varchar(45)`

func mariaDB(t *testing.T, dir string, port int) starter {
	server := program(t, "mariadb-server-core mariadb-client-core", "/usr/sbin/mariadbd")
	setUp := program(t, "mariadb-server-core mariadb-client-core", "/usr/bin/mariadb-install-db")
	data := "--datadir=" + dir + "/data"
	return starter{
		setUp: []string{setUp, "--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"},
		serve: []string{server, "--no-defaults", data, "--socket=" + dir + "/socket", "--pid-file=" + dir + "/pid",
			"--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port), "--innodb-flush-log-at-trx-commit=0"},
		conf: dtmcli.DBConf{Driver: "mysql", Host: "127.0.0.1", Port: int64(port), User: "root"},
		schema: []string{
			"create database dtm_barrier", "create database bank",
			"create table dtm_barrier.barrier (id bigint primary key auto_increment, " + barrierColumns +
				", unique key (gid, branch_id, op, barrier_id))",
			"create table bank.account (id bigint primary key, balance bigint)",
		},
		prepared: "xa recover",
	}
}

func postgreSQL(t *testing.T, dir string, port int) starter {
	server := program(t, "postgresql-15", "/usr/lib/postgresql/*/bin/postgres")
	setUp := program(t, "postgresql-15", "/usr/lib/postgresql/*/bin/initdb")
	return starter{
		setUp: []string{setUp, "-D", dir + "/data", "-U", "tester", "--auth=trust", "--no-sync"},
		serve: []string{server, "-D", dir + "/data", "-k", dir, "-h", "127.0.0.1", "-p", strconv.Itoa(port),
			"-c", "max_prepared_transactions=50", "-c", "fsync=off"},
		// The library's connection string cannot do without a password; nobody checks this one.
		conf: dtmcli.DBConf{Driver: "postgres", Host: "127.0.0.1", Port: int64(port), User: "tester", Password: "any",
			Db: "postgres", Schema: "public"},
		schema: []string{
			"create schema dtm_barrier", "create schema bank",
			"create table dtm_barrier.barrier (id bigserial primary key, " + barrierColumns +
				", constraint uniq_barrier unique (gid, branch_id, op, barrier_id))",
			"create table bank.account (id bigint primary key, balance bigint)",
		},
		prepared: "select 0, 0, 0, gid from pg_prepared_xacts",
	}
}

func program(t *testing.T, debianPackage, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		t.Fatalf("The wire tests need %s. On Debian 12: apt-get install %s", pattern, debianPackage)
	}
	return found[len(found)-1]
}

// startDatabase runs a SQL server of its own until the test ends.
func startDatabase(t *testing.T, kind func(t *testing.T, dir string, port int) starter) *database {
	t.Helper()
	how, dir := startServer(t, kind)
	pool, err := dtmimp.StandaloneDB(how.conf)
	must(t, err)
	t.Cleanup(func() { pool.Close() })
	awaitServer(t, how, dir, func() bool { return pool.Ping() == nil })
	for _, statement := range how.schema {
		if _, err := pool.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return &database{how.conf, pool, how.prepared}
}

// startServer runs a program on a directory of its own until the test ends.
func startServer(t *testing.T, kind func(t *testing.T, dir string, port int) starter) (how starter, dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "treaty-wire-db-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := unprivileged(t, dir)
	how = kind(t, dir, freePort(t))
	limit, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if len(how.setUp) != 0 {
		if output, err := asUser(exec.CommandContext(limit, how.setUp[0], how.setUp[1:]...), dir, as).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", how.setUp, err, output)
		}
	}
	log, err := os.Create(dir + "/log")
	must(t, err)
	defer log.Close()
	server := asUser(exec.Command(how.serve[0], how.serve[1:]...), dir, as)
	server.Stdout, server.Stderr = log, log
	must(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // at once, but PostgreSQL gives its shared memory back
		late := time.AfterFunc(20*time.Second, func() { _ = server.Process.Kill() })
		defer late.Stop()
		_ = server.Wait()
	})
	return how, dir
}

func awaitServer(t *testing.T, how starter, dir string, ready func() bool) {
	t.Helper()
	if !eventually(30*time.Second, ready) {
		text, _ := os.ReadFile(dir + "/log")
		t.Fatalf("%v did not become ready; its log:\n%s", how.serve, text)
	}
}

// unprivileged gives the directory to nobody when the tests run as root: database servers refuse to be root.
func unprivileged(t *testing.T, dir string) *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	must(t, err)
	id, _ := strconv.Atoi(nobody.Uid)
	group, _ := strconv.Atoi(nobody.Gid)
	must(t, os.Chown(dir, id, group))
	return &syscall.Credential{Uid: uint32(id), Gid: uint32(group)}
}

func asUser(command *exec.Cmd, dir string, as *syscall.Credential) *exec.Cmd {
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: as}
	return command
}

// freePort asks the system: these servers cannot choose one and say which.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (db *database) open(t *testing.T, account, balance int) {
	t.Helper()
	_, err := db.Exec(fmt.Sprintf("insert into bank.account values (%d, %d)", account, balance))
	must(t, err)
}

func (db *database) balance(t *testing.T, account int) (balance int) {
	t.Helper()
	must(t, db.QueryRow(fmt.Sprintf("select balance from bank.account where id = %d", account)).Scan(&balance))
	return balance
}

// preparedOf lists the branches that are still prepared in the database, which keep their rows locked.
func (db *database) preparedOf(t *testing.T, gid string) (branches []string) {
	t.Helper()
	rows, err := db.Query(db.prepared)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var format, length, rest int
		var id string
		must(t, rows.Scan(&format, &length, &rest, &id))
		if len(id) > len(gid) && id[:len(gid)] == gid {
			branches = append(branches, id[len(gid)+1:])
		}
	}
	return branches
}

func (db *database) behind(barrier *dtmcli.BranchBarrier, path string) error {
	barrier.DBType = db.DBConf.Driver
	if barrier.Op == "msg" {
		return barrier.QueryPrepared(db.DB)
	}
	return barrier.CallWithDB(db.DB, func(tx *sql.Tx) error {
		switch barrier.Op {
		case "confirm":
			return nil
		case "cancel", "compensate":
			return add(tx, path, -1)
		}
		return add(tx, path, 1)
	})
}

func (db *database) take(bb *dtmcli.BranchBarrier, from int, failure error) error {
	bb.DBType = db.DBConf.Driver
	return bb.CallWithDB(db.DB, func(tx *sql.Tx) error {
		if err := add(tx, pathOf(from, -30), 1); err != nil {
			return err
		}
		return failure
	})
}

// add refuses what would take more than there is.
func add(db dtmcli.DB, path string, sign int) error {
	var account, amount int
	if _, err := fmt.Sscanf(path, "/%d/%d", &account, &amount); err != nil {
		return err
	}
	amount *= sign
	result, err := db.Exec(fmt.Sprintf("update bank.account set balance = balance + %d where id = %d and balance + %d >= 0",
		amount, account, amount))
	if err != nil {
		return err
	}
	if changed, err := result.RowsAffected(); err != nil || changed == 1 {
		return err
	}
	return fmt.Errorf("no-money %w", dtmcli.ErrFailure)
}
