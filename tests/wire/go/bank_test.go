package wire

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/dtm-labs/client/dtmgrpc/dtmgimp"
	"google.golang.org/grpc"
)

// vault is where a bank keeps its money, behind the client library's barrier.
type vault interface {
	open(t *testing.T, account, balance int)
	balance(t *testing.T, account int) int
	// behind does what a branch call of this path asks for, if the barrier lets it through.
	behind(barrier *dtmcli.BranchBarrier, path string) error
	// take is the sender's business: it takes 30, and commits unless it fails.
	take(barrier *dtmcli.BranchBarrier, from int, failure error) error
	// preparedOf lists the branches of XA that are prepared and not ended.
	preparedOf(t *testing.T, gid string) []string
}

// bank is a service over HTTP and gRPC on a vault. Its path says what it does: ACCOUNT/AMOUNT adds the amount to the
// account. Within XA it does so in a local transaction that is prepared; else behind the library's barrier, which lets
// through what comes for the first time and in time. Whatever the coordinator calls of branch 01, the first answer is
// lost on its way.
type bank struct {
	vault
	conf        dtmcli.DBConf // of a vault that speaks XA
	http, grpc  string
	lastAccount int32
}

func startBank(t *testing.T, where vault, conf dtmcli.DBConf) *bank {
	b := &bank{vault: where, conf: conf}
	server := httptest.NewServer(http.HandlerFunc(b.serveHTTP))
	t.Cleanup(server.Close)
	b.http = server.URL
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	rpc := grpc.NewServer(grpc.ForceServerCodec(rawBytes{}), grpc.UnknownServiceHandler(b.serveGRPC))
	go func() { _ = rpc.Serve(listener) }()
	t.Cleanup(rpc.Stop)
	b.grpc = listener.Addr().String()
	return b
}

// url of adding an amount to an account.
func (b *bank) url(d door, account, amount int) string {
	if d.rpc {
		return b.grpc + pathOf(account, amount)
	}
	return b.http + pathOf(account, amount)
}

func pathOf(account, amount int) string { return fmt.Sprintf("/%d/%d", account, amount) }

func (b *bank) serveHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	barrier, err := dtmcli.BarrierFromQuery(q)
	if err == nil {
		err = b.serve(barrier, r.URL.Path, func() error {
			return dtmcli.XaLocalTransaction(q, b.conf, func(db *sql.DB, _ *dtmcli.Xa) error { return add(db, r.URL.Path, 1) })
		})
	}
	code, text := dtmcli.Result2HttpJSON(err)
	w.WriteHeader(code)
	fmt.Fprint(w, text)
}

func (b *bank) serveGRPC(_ interface{}, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	var payload []byte
	if err := stream.RecvMsg(&payload); err != nil {
		return err
	}
	base := dtmgimp.TransBaseFromGrpc(stream.Context())
	barrier, err := dtmcli.BarrierFrom(base.TransType, base.Gid, base.BranchID, base.Op)
	if err == nil {
		err = b.serve(barrier, method, func() error {
			return dtmgrpc.XaLocalTransaction(stream.Context(), b.conf,
				func(db *sql.DB, _ *dtmgrpc.XaGrpc) error { return add(db, method, 1) })
		})
	}
	if err != nil {
		return dtmgrpc.DtmError2GrpcError(err)
	}
	return stream.SendMsg(&[]byte{})
}

func (b *bank) serve(barrier *dtmcli.BranchBarrier, path string, withinXa func() error) (err error) {
	times := business.enter(call{gid: barrier.Gid, branch: barrier.BranchID, op: barrier.Op, transType: barrier.TransType})
	if barrier.TransType == "xa" {
		err = withinXa()
	} else {
		err = b.behind(barrier, path)
	}
	byClient := barrier.Op == "try" || barrier.TransType == "xa" && barrier.Op == "action"
	if err == nil && times == 1 && barrier.BranchID == "01" && !byClient {
		return errors.New("the answer was lost")
	}
	return err
}

// pair opens an account with 100, to take from, and one with 1000: the library's barrier on Redis looks at the balance before
// it looks whether the call is a repeated one, so undoing a gift twice needs the money twice.
func (b *bank) pair(t *testing.T) (from, to int) {
	t.Helper()
	last := int(atomic.AddInt32(&b.lastAccount, 2))
	from, to = last-1, last
	b.open(t, from, 100)
	b.open(t, to, 1000)
	return from, to
}

func (b *bank) expectBalances(t *testing.T, gid string, from, inFrom, to, inTo int) {
	t.Helper()
	if left := b.preparedOf(t, gid); len(left) != 0 {
		t.Errorf("still prepared in the database: %v", left)
	}
	if b.balance(t, from) != inFrom || b.balance(t, to) != inTo {
		t.Errorf("the balances are %d and %d, not %d and %d", b.balance(t, from), b.balance(t, to), inFrom, inTo)
	}
}

func TestOnDatabase(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]func(*testing.T, string, int) starter{"MariaDB": mariaDB, "PostgreSQL": postgreSQL} {
		kind := kind
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := startDatabase(t, kind)
			b := startBank(t, db, db.DBConf)
			for _, tests := range []map[string]func(*testing.T, *bank, door){xaTests, barrierTests} {
				for name, test := range tests {
					test := test
					t.Run(name, func(t *testing.T) {
						throughBoth(t, func(t *testing.T, d door) { test(t, b, d) })
					})
				}
			}
			t.Run("XaOutlivesTheCoordinator", func(t *testing.T) { testXaOutlivesTheCoordinator(t, b) })
		})
	}
}

func TestOnRedis(t *testing.T) {
	t.Parallel()
	b := startBank(t, startRedis(t), dtmcli.DBConf{})
	for name, test := range barrierTests {
		test := test
		t.Run(name, func(t *testing.T) {
			throughBoth(t, func(t *testing.T, d door) { test(t, b, d) })
		})
	}
}
