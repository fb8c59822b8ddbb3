package wire

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmgrpc"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"treaty/tests/wire/gokit"
)

// message is a two-phase message of the client library. The embedded one carries the options.
type message struct {
	door
	*dtmcli.Msg
	over *dtmgrpc.MsgGrpc // nil over HTTP
}

func (d door) message(gid string, actions ...string) *message {
	m := &message{door: d, Msg: dtmcli.NewMsg(d.HTTP, gid)}
	if d.rpc {
		m.over = dtmgrpc.NewMsgGrpc(d.GRPC, gid)
		m.Msg = &m.over.Msg
	}
	for _, action := range actions {
		m.add(d.url(action))
	}
	return m
}

func (m *message) add(url string) {
	if m.over != nil {
		m.over.Add(url, wrapperspb.Int64(30))
	} else {
		m.Msg.Add(url, map[string]int{"amount": 30})
	}
}

func (m *message) prepare(queryURL string) error {
	if m.over != nil {
		return m.over.Prepare(queryURL)
	}
	return m.Msg.Prepare(queryURL)
}

func (m *message) submit() error {
	if m.over != nil {
		return m.over.Submit()
	}
	return m.Msg.Submit()
}

// do prepares, runs the business, and submits, aborts or asks, as the library does.
func (m *message) do(queryURL string, busi func(*dtmcli.BranchBarrier) error) error {
	if m.over != nil {
		return m.over.DoAndSubmit(queryURL, busi)
	}
	return m.Msg.DoAndSubmit(queryURL, busi)
}

func TestMsgIsDelivered(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		m := d.message(d.newGid(), "Ok", "Ok")
		must(t, m.prepare(d.url("Ok")))
		if seen := statusOf(t, m.Gid); seen != "prepared" {
			t.Errorf("after prepare it is %s", seen)
		}
		must(t, m.submit())
		expectEnd(t, m.Gid, "succeed", "SS")
		expectStory(t, m.Gid, "action 01, action 02")
		for _, one := range business.ledger(m.Gid) {
			if one.transType != "msg" || len(one.payload) == 0 {
				t.Errorf("%s saw payload %q of a %s", one.branch, one.payload, one.transType)
			}
		}
		if err := m.submit(); err == nil {
			t.Error("a submit after success succeeded")
		}
	})
}

func TestMsgIsSubmittedWithoutPrepare(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		m := d.message(d.newGid(), "Ok")
		m.WaitResult = true
		must(t, m.submit())
		if seen := statusOf(t, m.Gid); seen != "succeed" {
			t.Errorf("after a waiting submit it is %s", seen)
		}
	})
}

// Whatever a receiver answers, a message is delivered in the end.
func TestMsgIsRepeatedUntilItIsTaken(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		m := d.message(d.newGid(), "OngoingOnce", "BrokenOnce", "Ok")
		must(t, m.submit())
		expectEnd(t, m.Gid, "succeed", "SSS")
		expectStory(t, m.Gid, "action 01, action 01, action 02, action 02, action 03")
	})
}

func TestMsgRefusedIsNotRolledBack(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		m := d.message(d.newGid(), "Refuse", "Ok")
		must(t, m.submit())
		if !gokit.Eventually(10*time.Second, func() bool { return len(business.ledger(m.Gid)) >= 2 }) {
			t.Error("a refused message was not repeated")
		}
		if seen := statusOf(t, m.Gid); seen != "submitted" {
			t.Errorf("it is %s", seen)
		}
		forceStop(t, m.Gid)
	})
}

// What becomes of a message by what the business said and what its query then answers.
func TestMsgFollowsTheBusiness(t *testing.T) {
	for name, is := range map[string]struct {
		busi               error
		query, end, letter string
		story              string
	}{
		"Committed":            {nil, "Unasked", "succeed", "S", "action 01"},
		"Refused":              {dtmcli.ErrFailure, "Unasked", "failed", "P", ""},
		"UnknownButCommitted":  {errors.New("lost"), "Ok", "succeed", "S", "msg 00, action 01"},
		"UnknownButRolledBack": {errors.New("lost"), "Refuse", "failed", "P", "msg 00"},
	} {
		is := is
		t.Run(name, func(t *testing.T) {
			throughBoth(t, func(t *testing.T, d door) {
				m := d.message(d.newGid(), "Ok")
				busi := func(*dtmcli.BranchBarrier) error { return is.busi }
				if err := m.do(d.url(is.query), busi); !errors.Is(err, is.busi) {
					t.Errorf("the client got %v, not %v", err, is.busi)
				}
				expectEnd(t, m.Gid, is.end, is.letter)
				expectStory(t, m.Gid, is.story)
			})
		})
	}
}

// What becomes of a message whose sender dies after prepare, by what its query answers.
func TestMsgOfADeadSenderIsAskedFor(t *testing.T) {
	for name, is := range map[string]struct{ query, end, letter, story string }{
		"Committed":            {"Ok", "succeed", "S", "msg 00, action 01"},
		"RolledBack":           {"Refuse", "failed", "P", "msg 00"},
		"CommittedAfterAWhile": {"OngoingOnce", "succeed", "S", "msg 00, msg 00, action 01"},
		"CommittedAfterErrors": {"BrokenOnce", "succeed", "S", "msg 00, msg 00, action 01"},
	} {
		is := is
		t.Run(name, func(t *testing.T) {
			throughBoth(t, func(t *testing.T, d door) {
				m := d.message(d.newGid(), "Ok")
				m.TimeoutToFail = 1
				must(t, m.prepare(d.url(is.query)))
				expectEnd(t, m.Gid, is.end, is.letter)
				expectStory(t, m.Gid, is.story)
				for _, one := range business.ledger(m.Gid) {
					if one.op == "msg" && len(one.payload) != 0 {
						t.Errorf("the query came with %q", one.payload)
					}
				}
			})
		})
	}
}

func TestMsgIsDelayed(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		m := d.message(d.newGid(), "Ok")
		m.SetDelay(2)
		began := time.Now()
		must(t, m.submit())
		if seen := statusOf(t, m.Gid); seen != "submitted" {
			t.Errorf("after submit it is %s", seen)
		}
		called := func() bool { return business.story(m.Gid) != "" }
		if !gokit.Eventually(10*time.Second, called) || time.Since(began) < 1900*time.Millisecond {
			t.Errorf("called: %v, after %v", called(), time.Since(began))
		}
		expectEnd(t, m.Gid, "succeed", "S")
	})
}

// The client carries this option over HTTP only.
func TestMsgIsDeliveredToAllAtOnce(t *testing.T) {
	t.Parallel()
	d := door{coordinator, false}
	m := d.message(d.newGid(), "Slow", "BrokenOnce", "Ok")
	m.Concurrent = true
	m.RequestTimeout = 5
	must(t, m.submit())
	expectEnd(t, m.Gid, "succeed", "SSS")
	var first []string
	for _, one := range business.ledger(m.Gid)[:3] {
		first = append(first, one.branch)
	}
	for _, branch := range []string{"01", "02", "03"} {
		if !strings.Contains(strings.Join(first, " "), branch) {
			t.Errorf("%s was not among the first calls: %v", branch, first)
		}
	}
}

func TestMsgGoesToTheSubscribersOfATopic(t *testing.T) {
	throughBoth(t, func(t *testing.T, d door) {
		gid := d.newGid()
		topic := "topic-" + gid
		for _, action := range []string{"One", "Two"} {
			answer, err := http.Get(d.HTTP + "/subscribe?topic=" + topic + "&url=" + url.QueryEscape(d.url(action)))
			must(t, err)
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				t.Fatalf("subscribe: %d", answer.StatusCode)
			}
		}
		m := d.message(gid)
		m.add("topic://" + topic)
		m.add(d.url("Ok"))
		must(t, m.submit())
		expectEnd(t, gid, "succeed", "SSS")
		var names []string
		for _, one := range business.ledger(gid) {
			names = append(names, one.name)
		}
		if seen := strings.Join(names, ", "); seen != "One, Two, Ok" {
			t.Errorf("called were: %s", seen)
		}
		unknown := d.message(d.newGid())
		unknown.add("topic://nobody-subscribed-" + gid)
		if err := unknown.submit(); err == nil || !strings.Contains(err.Error(), "topic not found") {
			t.Errorf("a message to an unknown topic: %v", err)
		}
	})
}

func TestMsgPreparedSurvivesADeath(t *testing.T) {
	withOwnDaemon(t, func(t *testing.T, d door) {
		gid := d.newGid()
		m := d.message(gid, "Ok", "Ok")
		must(t, m.prepare(d.url("Refuse")))
		d.dieAndComeBack(t)
		again := d.message(gid, "Ok", "Ok") // the sender goes on, at the coordinator's new address
		must(t, again.submit())
		d.expectEnd(t, gid, "succeed", "SS")
		expectStory(t, gid, "action 01, action 02")
	})
}

func TestMsgIsAskedForAlthoughSenderAndCoordinatorDie(t *testing.T) {
	withOwnDaemon(t, func(t *testing.T, d door) {
		m := d.message(d.newGid(), "Ok")
		m.TimeoutToFail = 2
		must(t, m.prepare(d.url("OngoingOnce")))
		d.dieAndComeBack(t)
		d.expectEnd(t, m.Gid, "succeed", "S")
		expectStory(t, m.Gid, "msg 00, msg 00, action 01")
	})
}

func TestMsgDelayOutlivesTheCoordinator(t *testing.T) {
	withOwnDaemon(t, func(t *testing.T, d door) {
		m := d.message(d.newGid(), "Ok")
		m.SetDelay(2)
		began := time.Now()
		must(t, m.submit())
		d.dieAndComeBack(t)
		d.expectEnd(t, m.Gid, "succeed", "S")
		if took := time.Since(began); took < 1900*time.Millisecond {
			t.Errorf("delivered after %v", took)
		}
		expectStory(t, m.Gid, "action 01")
	})
}
