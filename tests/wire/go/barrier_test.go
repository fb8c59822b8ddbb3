package wire

import (
	"errors"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmgrpc"
)

// These tests look at the money: with the library's barrier in front of the business, it is where it belongs although
// answers are lost and calls are repeated or come late.
var barrierTests = map[string]func(t *testing.T, b *bank, d door){
	"SagaCommits": func(t *testing.T, b *bank, d door) {
		gid, from, to := b.sagaOf(t, d, 30)
		d.expectEnd(t, gid, "succeed", "PSPS")
		expectStory(t, gid, "action 01, action 01, action 02")
		b.expectBalances(t, gid, from, 70, to, 1030)
	},
	"SagaRollsBack": func(t *testing.T, b *bank, d door) {
		gid, from, to := b.sagaOf(t, d, 130)
		d.expectEnd(t, gid, "failed", "SSSF")
		expectStory(t, gid, "action 01, action 01, action 02, compensate 02, compensate 01, compensate 01")
		b.expectBalances(t, gid, from, 100, to, 1000)
	},
	"TccConfirms": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		must(t, d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error { return b.tryTransfer(x, from, to, 30) }))
		d.expectEnd(t, gid, "succeed", "PSPS")
		b.expectBalances(t, gid, from, 70, to, 1030)
	},
	"TccCancels": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		if err := d.tcc(gid, dtmcli.TransOptions{}, func(x *tcc) error { return b.tryTransfer(x, from, to, 130) }); err == nil {
			t.Error("the client got no error")
		}
		d.expectEnd(t, gid, "failed", "SPSP")
		expectStory(t, gid, "try 01, try 02, cancel 02, cancel 01, cancel 01")
		b.expectBalances(t, gid, from, 100, to, 1000)
	},
	// The action went astray and comes after its compensation, which found nothing to undo: no effect, and no error.
	"SagaActionComesLate": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		s := d.saga(t, gid)
		s.addURLs(d.url("Refuse"), b.url(d, to, 30))
		s.mustSubmit()
		d.expectEnd(t, gid, "failed", "SF")
		expectStory(t, gid, "action 01, compensate 01, compensate 01")
		late, err := dtmcli.BarrierFrom("saga", gid, "01", "action")
		must(t, err)
		must(t, b.behind(late, pathOf(to, 30)))
		b.expectBalances(t, gid, from, 100, to, 1000)
	},
	// The try comes after its cancel: it must have no effect, and no error.
	"TccTryComesLate": func(t *testing.T, b *bank, d door) {
		gid := d.newGid()
		from, to := b.pair(t)
		_ = d.tcc(gid, dtmcli.TransOptions{TimeoutToFail: 2}, func(x *tcc) error {
			url := b.url(d, to, 30)
			must(t, x.branch(d.url("Ok"), url, url)) // the try goes astray
			d.expectEnd(t, gid, "failed", "SP")
			return nil
		})
		late, err := dtmcli.BarrierFrom("tcc", gid, "01", "try")
		must(t, err)
		must(t, b.behind(late, pathOf(to, 30)))
		b.expectBalances(t, gid, from, 100, to, 1000)
	},
	"MsgOfACommittedBusiness": func(t *testing.T, b *bank, d door) {
		m, from, to := b.msgOf(t, d)
		must(t, m.do(b.url(d, 0, 0), func(bb *dtmcli.BranchBarrier) error { return b.take(bb, from, nil) }))
		d.expectEnd(t, m.Gid, "succeed", "S")
		expectStory(t, m.Gid, "action 01, action 01")
		b.expectBalances(t, m.Gid, from, 70, to, 1030)
	},
	// The business committed, but hears of an error: the query knows better.
	"MsgOfALostCommit": func(t *testing.T, b *bank, d door) {
		m, from, to := b.msgOf(t, d)
		lost := errors.New("the connection was lost")
		err := m.do(b.url(d, 0, 0), func(bb *dtmcli.BranchBarrier) error {
			must(t, b.take(bb, from, nil))
			return lost
		})
		if !errors.Is(err, lost) {
			t.Errorf("the client got %v", err)
		}
		d.expectEnd(t, m.Gid, "succeed", "S")
		b.expectBalances(t, m.Gid, from, 70, to, 1030)
	},
	"MsgOfARolledBackBusiness": func(t *testing.T, b *bank, d door) {
		m, from, to := b.msgOf(t, d)
		broken := errors.New("a bug of the business")
		err := m.do(b.url(d, 0, 0), func(bb *dtmcli.BranchBarrier) error { return b.take(bb, from, broken) })
		if !errors.Is(err, broken) {
			t.Errorf("the client got %v", err)
		}
		d.expectEnd(t, m.Gid, "failed", "P")
		b.expectBalances(t, m.Gid, from, 100, to, 1000)
	},
	"MsgOfASenderThatDiesAfterItsCommit": func(t *testing.T, b *bank, d door) {
		m, from, to := b.msgOf(t, d)
		m.TimeoutToFail = 2
		must(t, m.prepare(b.url(d, 0, 0)))
		bb, err := dtmcli.BarrierFrom("msg", m.Gid, "00", "msg")
		must(t, err)
		must(t, b.take(bb, from, nil))
		d.expectEnd(t, m.Gid, "succeed", "S")
		expectStory(t, m.Gid, "msg 00, action 01, action 01")
		b.expectBalances(t, m.Gid, from, 70, to, 1030)
	},
	// The sender is only slow: once the query has said that it did not commit, it no longer can.
	"MsgOfASenderThatIsTooLate": func(t *testing.T, b *bank, d door) {
		m, from, to := b.msgOf(t, d)
		m.TimeoutToFail = 1
		err := m.do(b.url(d, 0, 0), func(bb *dtmcli.BranchBarrier) error {
			d.expectEnd(t, m.Gid, "failed", "P")
			return b.take(bb, from, nil)
		})
		if !errors.Is(err, dtmcli.ErrDuplicated) {
			t.Errorf("the client got %v", err)
		}
		d.expectEnd(t, m.Gid, "failed", "P")
		b.expectBalances(t, m.Gid, from, 100, to, 1000)
	},
}

// sagaOf submits a saga that gives to one account and takes from the other.
func (b *bank) sagaOf(t *testing.T, d door, amount int) (gid string, from, to int) {
	gid = d.newGid()
	from, to = b.pair(t)
	s := d.saga(t, gid)
	for _, url := range []string{b.url(d, to, amount), b.url(d, from, -amount)} {
		s.addURLs(url, url)
	}
	s.mustSubmit()
	return gid, from, to
}

func (d door) saga(t *testing.T, gid string) *saga {
	s := &saga{Saga: dtmcli.NewSaga(d.HTTP, gid), t: t}
	if d.rpc {
		s.grpc = dtmgrpc.NewSagaGrpc(d.GRPC, gid)
		s.Saga = &s.grpc.Saga
	}
	return s
}

func (b *bank) tryTransfer(x *tcc, from, to, amount int) error {
	for _, url := range []string{b.url(x.door, to, amount), b.url(x.door, from, -amount)} {
		if err := x.branch(url, url, url); err != nil {
			return err
		}
	}
	return nil
}

// msgOf makes a message that gives 30 to an account, for a business that takes them from another.
func (b *bank) msgOf(t *testing.T, d door) (m *message, from, to int) {
	from, to = b.pair(t)
	m = d.message(d.newGid())
	m.add(b.url(d, to, 30))
	return m, from, to
}
