package wire

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/dtm-labs/client/dtmgrpc/dtmgimp"
	"github.com/go-resty/resty/v2"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"treaty/tests/wire/gokit"
)

// tcc is a global transaction of the client library while its function runs.
type tcc struct {
	door
	*dtmimp.TransBase
	branch func(try, confirm, cancel string) error // takes URLs
}

// call registers a branch and tries it.
func (x *tcc) call(try, confirm, cancel string) error {
	return x.branch(x.url(try), x.url(confirm), x.url(cancel))
}

func overHTTP(d door, x *dtmcli.Tcc) *tcc {
	return &tcc{d, &x.TransBase, func(try, confirm, cancel string) error {
		_, err := x.CallBranch(map[string]int{"amount": 30}, try, confirm, cancel)
		return err
	}}
}

func overGRPC(d door, x *dtmgrpc.TccGrpc) *tcc {
	return &tcc{d, &x.TransBase, func(try, confirm, cancel string) error {
		return x.CallBranch(wrapperspb.Int64(30), try, confirm, cancel, &emptypb.Empty{})
	}}
}

// tcc runs a global transaction with options.
func (d door) tcc(gid string, options dtmcli.TransOptions, run func(x *tcc) error) error {
	if d.rpc {
		return dtmgrpc.TccGlobalTransaction2(d.GRPC, gid, func(x *dtmgrpc.TccGrpc) { x.TransOptions = options },
			func(x *dtmgrpc.TccGrpc) error { return run(overGRPC(d, x)) })
	}
	return dtmcli.TccGlobalTransaction2(d.HTTP, gid, func(x *dtmcli.Tcc) { x.TransOptions = options },
		func(x *dtmcli.Tcc) (*resty.Response, error) { return nil, run(overHTTP(d, x)) })
}

// base of a transaction as a client that knows no more than its gid would build it.
func (d door) base(gid, transType string) *dtmimp.TransBase {
	return dtmimp.NewTransBase(gid, transType, d.address(), "")
}

func callAll(x *tcc, calls ...[3]string) error {
	for _, one := range calls {
		if err := x.call(one[0], one[1], one[2]); err != nil {
			return err
		}
	}
	return nil
}

func TestTccCommits(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
			return callAll(x, [3]string{"Ok", "Confirm", "Cancel"}, [3]string{"Ok", "Confirm", "Cancel"})
		}))
		expectEnd(t, gid, "succeed", "PSPS")
		expectStory(t, gid, "try 01, try 02, confirm 02, confirm 01")
		ledger := business.ledger(gid)
		for _, one := range ledger {
			if one.transType != "tcc" || string(one.payload) != string(ledger[0].payload) || len(one.payload) == 0 {
				t.Errorf("%s %s saw payload %q of a %s", one.op, one.branch, one.payload, one.transType)
			}
		}
	})
}

func TestTccRollsBackAfterAFailedTry(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		err := d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
			return callAll(x, [3]string{"Ok", "Confirm", "Cancel"}, [3]string{"Refuse", "Confirm", "Cancel"})
		})
		if err == nil || !strings.Contains(err.Error(), "no-money") {
			t.Errorf("the client got %v", err)
		}
		expectEnd(t, gid, "failed", "SPSP")
		expectStory(t, gid, "try 01, try 02, cancel 02, cancel 01")
		if reason := query(t, gid).Transaction.RollbackReason; !strings.Contains(reason, "no-money") {
			t.Errorf("the reason is %q", reason)
		}
	})
}

func TestTccConfirmIsRepeatedUntilItSucceeds(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
			return callAll(x, [3]string{"Ok", "BrokenOnce", "Cancel"}, [3]string{"Ok", "OngoingOnce", "Cancel"})
		}))
		expectEnd(t, gid, "succeed", "PSPS")
		expectStory(t, gid, "try 01, try 02, confirm 02, confirm 02, confirm 01, confirm 01")
	})
}

func TestTccCancelIsRepeatedUntilItSucceeds(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		err := d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
			return callAll(x, [3]string{"Ok", "Confirm", "BrokenOnce"}, [3]string{"Refuse", "Confirm", "OngoingOnce"})
		})
		if err == nil {
			t.Error("the client got no error")
		}
		expectEnd(t, gid, "failed", "SPSP")
		expectStory(t, gid, "try 01, try 02, cancel 02, cancel 02, cancel 01, cancel 01")
	})
}

// A confirm that is refused leaves no way back: it stays submitted and is asked again.
func TestTccRefusedConfirmDoesNotRollBack(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error { return x.call("Ok", "Refuse", "Cancel") }))
		if !gokit.Eventually(10*time.Second, func() bool { return len(business.ledger(gid)) >= 3 }) {
			t.Error("the confirm was not repeated")
		}
		if seen := statusOf(t, gid); seen != "submitted" {
			t.Errorf("it is %s", seen)
		}
		if strings.Contains(business.story(gid), "cancel") {
			t.Errorf("the branches saw: %s", business.story(gid))
		}
		forceStop(t, gid)
		expectEnd(t, gid, "failed", "PP")
	})
}

func TestTccWaitsForTheConfirms(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{WaitResult: true}, func(x *tcc) error { return x.call("Ok", "Confirm", "Cancel") }))
		if seen := statusOf(t, gid); seen != "succeed" {
			t.Errorf("after a waiting submit it is %s", seen)
		}
	})
}

func TestTccTimesOutAndIsCancelled(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		err := d.tcc(gid, dtmcli.TransOptions{TimeoutToFail: 2}, func(x *tcc) error {
			if err := x.call("Ok", "Confirm", "Cancel"); err != nil {
				t.Errorf("before its time was over: %v", err)
			}
			expectEnd(t, gid, "failed", "SP")
			if err := x.call("Ok", "Confirm", "Cancel"); err == nil {
				t.Error("a branch was registered after the time-out")
			}
			return nil // the client thinks that all is well, and submits
		})
		if err == nil {
			t.Error("submit after the time-out succeeded")
		}
		expectEnd(t, gid, "failed", "SP")
		expectStory(t, gid, "try 01, cancel 01")
		if reason := query(t, gid).Transaction.RollbackReason; reason != "Timeout after 2 seconds" {
			t.Errorf("the reason is %q", reason)
		}
	})
}

func TestTccSubmittedTwiceStillConfirms(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error { return x.call("Ok", "OngoingOnce", "Cancel") }))
		must(t, d.send(d.base(gid, "tcc"), "submit", "Submit"))
		expectEnd(t, gid, "succeed", "PS")
		expectStory(t, gid, "try 01, confirm 01, confirm 01")
		if err := d.send(d.base(gid, "tcc"), "submit", "Submit"); err == nil {
			t.Error("a third submit succeeded")
		}
		if err := d.send(d.base(gid, "tcc"), "abort", "Abort"); err == nil {
			t.Error("an abort after success succeeded")
		}
	})
}

func TestTccRegistersABranchOnlyOnce(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
			if err := x.call("Ok", "Confirm", "Cancel"); err != nil {
				return err
			}
			again := overHTTP(d, &dtmcli.Tcc{TransBase: *d.base(gid, "tcc")})
			if d.rpc {
				again = overGRPC(d, &dtmgrpc.TccGrpc{TransBase: *d.base(gid, "tcc")})
			}
			err := again.call("Ok", "Elsewhere", "Elsewhere") // counts its branches from 01 again
			if err == nil || strings.Contains(err.Error(), "FAILURE") {
				t.Errorf("the second registration of 01 said: %v", err)
			}
			return nil
		}))
		expectEnd(t, gid, "succeed", "PS")
		expectStory(t, gid, "try 01, confirm 01")
		if confirmed := business.ledger(gid)[1].name; confirmed != "Confirm" {
			t.Errorf("%s was called to confirm", confirmed)
		}
	})
}

func TestTccClientThatPanicsIsCancelled(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		func() {
			defer func() { _ = recover() }()
			_ = d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
				_ = x.call("Ok", "Confirm", "Cancel")
				panic(errors.New("a bug of the business"))
			})
		}()
		expectEnd(t, gid, "failed", "SP")
		expectStory(t, gid, "try 01, cancel 01")
	})
}

func TestTccCarriesBranchHeaders(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		options := dtmcli.TransOptions{BranchHeaders: map[string]string{"test_header": "v1"}}
		must(t, d.tcc(gid, options, func(x *tcc) error { return x.call("Ok", "Confirm", "Cancel") }))
		expectEnd(t, gid, "succeed", "PS")
		for _, one := range business.ledger(gid) {
			if one.header("test_header") != "v1" {
				t.Errorf("%s %s came without its header", one.op, one.branch)
			}
		}
	})
}

func TestTccWithoutBranchesSucceeds(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(*tcc) error { return nil }))
		expectEnd(t, gid, "succeed", "")
	})
}

// nestedHTTP is a service whose try is itself a part of the transaction with a branch of its own.
func nestedHTTP(t *testing.T, d door) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		business.enter(callOf(r.URL.Query()))
		if r.URL.Query().Get("op") != "try" {
			return
		}
		x, err := dtmcli.TccFromQuery(r.URL.Query())
		if err == nil {
			err = overHTTP(d, x).call("Ok", "Confirm", "Cancel")
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/Nested"
}

func callOf(q url.Values) call {
	return call{gid: q.Get("gid"), branch: q.Get("branch_id"), op: q.Get("op"), transType: q.Get("trans_type")}
}

func nestedGRPC(t *testing.T, d door) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := grpc.NewServer(grpc.ForceServerCodec(rawBytes{}), grpc.UnknownServiceHandler(
		func(_ interface{}, stream grpc.ServerStream) error {
			var payload []byte
			if err := stream.RecvMsg(&payload); err != nil {
				return err
			}
			base := dtmgimp.TransBaseFromGrpc(stream.Context())
			business.enter(call{gid: base.Gid, branch: base.BranchID, op: base.Op, transType: base.TransType})
			if base.Op == "try" {
				x, err := dtmgrpc.TccFromGrpc(stream.Context())
				if err == nil {
					err = overGRPC(d, x).call("Ok", "Confirm", "Cancel")
				}
				if err != nil {
					return err
				}
			}
			return stream.SendMsg(&[]byte{})
		}))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return fmt.Sprintf("%s/busi.Busi/Nested", listener.Addr())
}

func TestTccNests(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		nested := nestedHTTP(t, d)
		if d.rpc {
			nested = nestedGRPC(t, d)
		}
		for _, ending := range []struct{ try, status, rows, story string }{
			{"Ok", "succeed", "PSPSPS", "try 01, try 0101, try 02, confirm 02, confirm 0101, confirm 01"},
			{"Refuse", "failed", "SPSPSP", "try 01, try 0101, try 02, cancel 02, cancel 0101, cancel 01"},
		} {
			gid := d.newGid()
			err := d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
				if err := x.branch(nested, nested, nested); err != nil {
					return err
				}
				return x.call(ending.try, "Confirm", "Cancel")
			})
			if (err == nil) != (ending.status == "succeed") {
				t.Errorf("the client got %v", err)
			}
			expectEnd(t, gid, ending.status, ending.rows)
			expectStory(t, gid, ending.story)
		}
	})
}

func TestTccGoesOnWithACoordinatorThatDied(t *testing.T) {
	withOwnDaemon(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error {
			if err := x.call("Ok", "Confirm", "Cancel"); err != nil {
				return err
			}
			d.dieAndComeBack(t)
			x.Dtm = d.address()
			return x.call("Ok", "Confirm", "Cancel")
		}))
		d.expectEnd(t, gid, "succeed", "PSPS")
		expectStory(t, gid, "try 01, try 02, confirm 02, confirm 01")
	})
}

func TestTccIsConfirmedAlthoughTheCoordinatorDiesMeanwhile(t *testing.T) {
	withOwnDaemon(t, func(t *testing.T, d door) {
		gid := d.newGid()
		must(t, d.tcc(gid, dtmcli.TransOptions{RequestTimeout: 5}, func(x *tcc) error {
			return callAll(x, [3]string{"Ok", "Slow", "Cancel"}, [3]string{"Ok", "Confirm", "Cancel"})
		}))
		confirming := func() bool { return strings.Contains(business.story(gid), "confirm 01") }
		if !gokit.Eventually(10*time.Second, confirming) {
			t.Fatalf("the branches saw: %s", business.story(gid))
		}
		d.dieAndComeBack(t)
		d.expectEnd(t, gid, "succeed", "PSPS")
		// What 02 answered may not have reached the disk; asking it again is allowed.
		after := strings.TrimPrefix(business.story(gid), "try 01, try 02, confirm 02, confirm 01, ")
		if after != "confirm 01" && after != "confirm 02, confirm 01" {
			t.Errorf("the branches saw: %s", business.story(gid))
		}
	})
}

func TestTccTimesOutAlthoughTheCoordinatorDiesMeanwhile(t *testing.T) {
	withOwnDaemon(t, func(t *testing.T, d door) {
		gid := d.newGid()
		_ = d.tcc(gid, dtmcli.TransOptions{TimeoutToFail: 2}, func(x *tcc) error {
			must(t, x.call("Ok", "Confirm", "Cancel"))
			d.dieAndComeBack(t)
			d.expectEnd(t, gid, "failed", "SP")
			return nil
		})
		expectStory(t, gid, "try 01, cancel 01")
	})
}
