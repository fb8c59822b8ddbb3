package wire

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/dtm-labs/client/dtmgrpc/dtmgimp"
	"github.com/go-resty/resty/v2"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// bank is a service over HTTP and gRPC whose path says what it does: ACCOUNT/AMOUNT adds the amount to the account, in a
// local transaction that is prepared and ended by XA. The first answer of each phase 2 of branch 01 is lost on its way.
type bank struct {
	*database
	http, grpc string
	accounts   atomic32
}

type atomic32 struct{ last int32 }

func (a *atomic32) next() int { return int(atomic.AddInt32(&a.last, 1)) }

func startBank(t *testing.T, db *database) *bank {
	b := &bank{database: db}
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

var errLost = errors.New("the answer was lost")

func lost(times int, branch, op string) error {
	if times == 1 && branch == "01" && op != "action" {
		return errLost
	}
	return nil
}

func (b *bank) serveHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	times := business.enter(callOf(q))
	err := dtmcli.XaLocalTransaction(q, b.DBConf, func(db *sql.DB, _ *dtmcli.Xa) error { return add(db, r.URL.Path) })
	if err == nil {
		err = lost(times, q.Get("branch_id"), q.Get("op"))
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
	times := business.enter(call{gid: base.Gid, branch: base.BranchID, op: base.Op, transType: base.TransType})
	err := dtmgrpc.XaLocalTransaction(stream.Context(), b.DBConf,
		func(db *sql.DB, _ *dtmgrpc.XaGrpc) error { return add(db, method) })
	if err == nil {
		err = lost(times, base.BranchID, base.Op)
	}
	if err != nil {
		return dtmgrpc.DtmError2GrpcError(err)
	}
	return stream.SendMsg(&[]byte{})
}

// add refuses what would take more than there is.
func add(db *sql.DB, path string) error {
	var account, amount int
	if _, err := fmt.Sscanf(path, "/%d/%d", &account, &amount); err != nil {
		return err
	}
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

// xa is a global transaction while its function runs.
type xa struct {
	*dtmimp.TransBase
	add func(account, amount int) error // calls a branch
}

func (b *bank) xa(d door, gid string, options dtmcli.TransOptions, run func(x *xa) error) error {
	if d.rpc {
		return dtmgrpc.XaGlobalTransaction2(d.grpc, gid, func(x *dtmgrpc.XaGrpc) { x.TransOptions = options },
			func(x *dtmgrpc.XaGrpc) error {
				return run(&xa{&x.TransBase, func(account, amount int) error {
					return x.CallBranch(wrapperspb.Int64(1), fmt.Sprintf("%s/%d/%d", b.grpc, account, amount), &emptypb.Empty{})
				}})
			})
	}
	return dtmcli.XaGlobalTransaction2(d.http, gid, func(x *dtmcli.Xa) { x.TransOptions = options },
		func(x *dtmcli.Xa) (*resty.Response, error) {
			return nil, run(&xa{&x.TransBase, func(account, amount int) error {
				_, err := x.CallBranch("", fmt.Sprintf("%s/%d/%d", b.http, account, amount))
				return err
			}})
		})
}

// pair opens two accounts with 100 each.
func (b *bank) pair(t *testing.T) (from, to int) {
	from, to = b.accounts.next(), b.accounts.next()
	b.open(t, from, 100)
	b.open(t, to, 100)
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

func transfer(x *xa, from, to, amount int) error {
	if err := x.add(to, amount); err != nil {
		return err
	}
	return x.add(from, -amount)
}

var xaTests = map[string]func(t *testing.T, b *bank, d door){
	"Commits": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		must(t, b.xa(d, gid, dtmcli.TransOptions{}, func(x *xa) error { return transfer(x, from, to, 30) }))
		d.expectEnd(t, gid, "succeed", "PSPS")
		expectStory(t, gid, "action 01, action 02, commit 01, commit 01, commit 02")
		b.expectBalances(t, gid, from, 70, to, 130)
	},
	"RollsBackWhenABranchIsRefused": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		err := b.xa(d, gid, dtmcli.TransOptions{}, func(x *xa) error { return transfer(x, from, to, 130) })
		if err == nil || !strings.Contains(err.Error(), "no-money") {
			t.Errorf("the client got %v", err)
		}
		d.expectEnd(t, gid, "failed", "SP") // the branch that was refused undid itself and never registered
		expectStory(t, gid, "action 01, action 02, rollback 01, rollback 01")
		b.expectBalances(t, gid, from, 100, to, 100)
	},
	"RollsBackWhenTheClientFails": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		failure := errors.New("the client thought better of it")
		err := b.xa(d, gid, dtmcli.TransOptions{}, func(x *xa) error {
			must(t, transfer(x, from, to, 30))
			if prepared := b.preparedOf(t, gid); len(prepared) != 2 {
				t.Errorf("prepared in the database: %v", prepared)
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Errorf("the client got %v", err)
		}
		d.expectEnd(t, gid, "failed", "SPSP")
		expectStory(t, gid, "action 01, action 02, rollback 01, rollback 01, rollback 02")
		b.expectBalances(t, gid, from, 100, to, 100)
	},
	"TimesOut": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		err := b.xa(d, gid, dtmcli.TransOptions{TimeoutToFail: 3}, func(x *xa) error {
			must(t, transfer(x, from, to, 30))
			d.expectEnd(t, gid, "failed", "SPSP")
			return nil
		})
		if err == nil {
			t.Error("a submit after the time-out succeeded")
		}
		b.expectBalances(t, gid, from, 100, to, 100)
	},
}

func TestXa(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]func(*testing.T, string, int) starter{"MariaDB": mariaDB, "PostgreSQL": postgreSQL} {
		kind := kind
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBank(t, startDatabase(t, kind))
			for name, test := range xaTests {
				test := test
				t.Run(name, func(t *testing.T) {
					throughBoth(t, func(t *testing.T, d door) { test(t, b, d) })
				})
			}
			t.Run("OutlivesTheCoordinator", func(t *testing.T) { testXaOutlivesTheCoordinator(t, b) })
		})
	}
}

// Over HTTP only: the library's gRPC client cannot be told of a coordinator's new address.
func testXaOutlivesTheCoordinator(t *testing.T, b *bank) {
	t.Parallel()
	d := door{&daemon{dir: t.TempDir()}, false}
	must(t, d.start())
	t.Cleanup(func() { d.kill() })
	gid := d.newGid()
	from, to := b.pair(t)
	must(t, b.xa(d, gid, dtmcli.TransOptions{}, func(x *xa) error {
		must(t, x.add(to, 30))
		d.dieAndComeBack(t)
		x.Dtm = d.http
		return x.add(from, -30)
	}))
	d.expectEnd(t, gid, "succeed", "PSPS")
	b.expectBalances(t, gid, from, 70, to, 130)
}
