package wire

import (
	"database/sql"
	"fmt"
	"strconv"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	_ "github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq"

	"treaty/tests/wire/gokit"
)

// database is a real SQL server with an account table and the library's barrier table.
type database struct {
	dtmcli.DBConf
	*sql.DB
	prepared string // selects the ids of the transactions that are prepared and not ended
}

// starter is a kind of database: how it is started, and what is in it then.
type starter struct {
	recipe   gokit.Recipe
	conf     dtmcli.DBConf
	schema   []string
	prepared string
}

const barrierColumns = `trans_type varchar(45), gid varchar(128), branch_id varchar(128), op varchar(45),
	barrier_id varchar(45), reason varchar(45)`

func mariaDB(t *testing.T, dir string, port int) starter {
	return starter{
		recipe: gokit.MariaDB(t, dir, port),
		conf:   dtmcli.DBConf{Driver: "mysql", Host: "127.0.0.1", Port: int64(port), User: "root"},
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
	server := gokit.Program(t, "postgresql-15", "/usr/lib/postgresql/*/bin/postgres")
	setUp := gokit.Program(t, "postgresql-15", "/usr/lib/postgresql/*/bin/initdb")
	return starter{
		recipe: gokit.Recipe{
			SetUp: []string{setUp, "-D", dir + "/data", "-U", "tester", "--auth=trust", "--no-sync"},
			Serve: []string{server, "-D", dir + "/data", "-k", dir, "-h", "127.0.0.1", "-p", strconv.Itoa(port),
				"-c", "max_prepared_transactions=50", "-c", "fsync=off"},
		},
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

// startDatabase runs a SQL server of its own until the test ends.
func startDatabase(t *testing.T, kind func(t *testing.T, dir string, port int) starter) *database {
	t.Helper()
	var how starter
	server := gokit.StartServer(t, func(t *testing.T, dir string, port int) gokit.Recipe {
		how = kind(t, dir, port)
		return how.recipe
	})
	pool, err := dtmimp.StandaloneDB(how.conf)
	must(t, err)
	t.Cleanup(func() { pool.Close() })
	server.AwaitReady(t, func() bool { return pool.Ping() == nil })
	for _, statement := range how.schema {
		if _, err := pool.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return &database{how.conf, pool, how.prepared}
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
