package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/go-resty/resty/v2"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// xa is a global transaction while its function runs.
type xa struct {
	*dtmimp.TransBase
	add func(account, amount int) error // calls a branch
}

func (b *bank) xa(d door, gid string, options dtmcli.TransOptions, run func(x *xa) error) error {
	if d.rpc {
		return dtmgrpc.XaGlobalTransaction2(d.GRPC, gid, func(x *dtmgrpc.XaGrpc) { x.TransOptions = options },
			func(x *dtmgrpc.XaGrpc) error {
				return run(&xa{&x.TransBase, func(account, amount int) error {
					return x.CallBranch(wrapperspb.Int64(1), b.url(d, account, amount), &emptypb.Empty{})
				}})
			})
	}
	return dtmcli.XaGlobalTransaction2(d.HTTP, gid, func(x *dtmcli.Xa) { x.TransOptions = options },
		func(x *dtmcli.Xa) (*resty.Response, error) {
			return nil, run(&xa{&x.TransBase, func(account, amount int) error {
				_, err := x.CallBranch("", b.url(d, account, amount))
				return err
			}})
		})
}

func transfer(x *xa, from, to, amount int) error {
	if err := x.add(to, amount); err != nil {
		return err
	}
	return x.add(from, -amount)
}

var xaTests = map[string]func(t *testing.T, b *bank, d door){
	"XaCommits": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		must(t, b.xa(d, gid, dtmcli.TransOptions{}, func(x *xa) error { return transfer(x, from, to, 30) }))
		d.expectEnd(t, gid, "succeed", "PSPS")
		expectStory(t, gid, "action 01, action 02, commit 01, commit 01, commit 02")
		b.expectBalances(t, gid, from, 70, to, 1030)
	},
	"XaRollsBackWhenABranchIsRefused": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		err := b.xa(d, gid, dtmcli.TransOptions{}, func(x *xa) error { return transfer(x, from, to, 130) })
		if err == nil || !strings.Contains(err.Error(), "no-money") {
			t.Errorf("the client got %v", err)
		}
		d.expectEnd(t, gid, "failed", "SP") // the branch that was refused undid itself and never registered
		expectStory(t, gid, "action 01, action 02, rollback 01, rollback 01")
		b.expectBalances(t, gid, from, 100, to, 1000)
	},
	"XaRollsBackWhenTheClientFails": func(t *testing.T, b *bank, d door) {
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
		b.expectBalances(t, gid, from, 100, to, 1000)
	},
	"XaTimesOut": func(t *testing.T, b *bank, d door) {
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
		b.expectBalances(t, gid, from, 100, to, 1000)
	},
}

// Over HTTP only: the library's gRPC client cannot be told of a coordinator's new address.
func testXaOutlivesTheCoordinator(t *testing.T, b *bank) {
	t.Parallel()
	d := door{ownDaemon(t, ""), false}
	must(t, d.Start())
	t.Cleanup(func() { d.Kill() })
	gid := d.newGid()
	from, to := b.pair(t)
	must(t, b.xa(d, gid, dtmcli.TransOptions{}, func(x *xa) error {
		must(t, x.add(to, 30))
		d.dieAndComeBack(t)
		x.Dtm = d.HTTP
		return x.add(from, -30)
	}))
	d.expectEnd(t, gid, "succeed", "PSPS")
	b.expectBalances(t, gid, from, 70, to, 1030)
}
