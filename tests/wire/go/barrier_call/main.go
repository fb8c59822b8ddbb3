// Makes one call of the published Go client's barrier, so that the barrier of another language can meet its rows:
// barrier_call mysql|postgres|redis port gid trans_type branch op account amount
// Prints "ran", "skipped", or the error.
package main

import (
	"database/sql"
	"fmt"
	"os"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/go-redis/redis/v8"
	_ "github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq"
)

func main() {
	kind, port, gid, transType, branch, op := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	account, amount := os.Args[7], os.Args[8]
	barrier, err := dtmcli.BarrierFrom(transType, gid, branch, op)
	if err != nil {
		fmt.Println(err)
		return
	}
	ran := false
	switch kind {
	case "redis":
		var change int
		fmt.Sscan(amount, &change)
		client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
		err = barrier.RedisCheckAdjustAmount(client, account, change, int(time.Hour/time.Second))
		ran = true // which the balance shows
	default:
		ran, err = inDatabase(barrier, kind, port, account, amount)
	}
	switch {
	case err != nil:
		fmt.Println(err)
	case ran:
		fmt.Println("ran")
	default:
		fmt.Println("skipped")
	}
}

func inDatabase(barrier *dtmcli.BranchBarrier, kind, port, account, amount string) (ran bool, err error) {
	source := "root@tcp(127.0.0.1:" + port + ")/"
	if kind == "postgres" {
		source = "host=127.0.0.1 port=" + port + " user=tester dbname=postgres sslmode=disable"
	}
	db, err := sql.Open(kind, source)
	if err != nil {
		return false, err
	}
	barrier.DBType = kind
	err = barrier.CallWithDB(db, func(tx *sql.Tx) error {
		ran = true
		_, err := tx.Exec("update bank.account set balance = balance + " + amount + " where id = " + account)
		return err
	})
	return ran, err
}
