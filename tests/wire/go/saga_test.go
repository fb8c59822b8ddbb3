package wire

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmgrpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// saga is one saga of the client library, over either protocol. The embedded base carries the options.
type saga struct {
	*dtmcli.Saga
	grpc *dtmgrpc.SagaGrpc // nil over HTTP
	t    *testing.T
}

// overBoth runs a test once for each protocol of the client library.
func overBoth(t *testing.T, run func(t *testing.T, s *saga)) {
	t.Run("HTTP", func(t *testing.T) {
		t.Parallel()
		gid := dtmcli.MustGenGid(coordinator.HTTP)
		run(t, &saga{Saga: dtmcli.NewSaga(coordinator.HTTP, gid), t: t})
	})
	t.Run("GRPC", func(t *testing.T) {
		t.Parallel()
		gid := dtmgrpc.MustGenGid(coordinator.GRPC)
		s := dtmgrpc.NewSagaGrpc(coordinator.GRPC, gid)
		run(t, &saga{Saga: &s.Saga, grpc: s, t: t})
	})
}

// url of a method of the business service; an empty name stays an empty URL.
func (s *saga) url(name string) string {
	switch {
	case name == "":
		return ""
	case s.grpc != nil:
		return business.grpc + "/" + name
	default:
		return business.http + "/" + name
	}
}

func (s *saga) add(action, compensate string) *saga {
	return s.addURLs(s.url(action), s.url(compensate))
}

func (s *saga) addURLs(action, compensate string) *saga {
	if s.grpc != nil {
		s.grpc.Add(action, compensate, wrapperspb.Int64(30))
	} else {
		s.Saga.Add(action, compensate, map[string]int{"amount": 30})
	}
	return s
}

func (s *saga) submit() error {
	if s.grpc != nil {
		return s.grpc.Submit()
	}
	return s.Saga.Submit()
}

func (s *saga) mustSubmit() {
	s.t.Helper()
	if err := s.submit(); err != nil {
		s.t.Fatalf("submit: %v", err)
	}
}

// expectRefusal submits and wants an error that a client takes for a failure, with `text` in it.
func (s *saga) expectRefusal(text string) {
	s.t.Helper()
	err := s.submit()
	if err == nil {
		s.t.Fatal("submit succeeded")
	}
	if !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "FAILURE") {
		s.t.Errorf("submit said %q, which lacks %q or FAILURE", err, text)
	}
	if s.grpc != nil && status.Code(err) != codes.Aborted {
		s.t.Errorf("code is %v, not Aborted", status.Code(err))
	}
}

func (s *saga) expectStory(story string) {
	s.t.Helper()
	if seen := business.story(s.Gid); seen != story {
		s.t.Errorf("the branches saw: %s; not: %s", seen, story)
	}
}

func (s *saga) expectReason(pattern string) {
	s.t.Helper()
	if reason := query(s.t, s.Gid).Transaction.RollbackReason; !regexp.MustCompile(pattern).MatchString(reason) {
		s.t.Errorf("the reason is %q, which does not match %s", reason, pattern)
	}
}

func TestSagaCommits(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.add("Ok", "Undo").add("Ok", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "succeed", "PSPS")
		s.expectStory("action 01, action 02")
		protocol, payload := "http", []byte(`{"amount":30}`)
		if s.grpc != nil {
			protocol = "grpc"
			payload, _ = proto.Marshal(wrapperspb.Int64(30))
		}
		if seen := query(t, s.Gid).Transaction.Protocol; seen != protocol {
			t.Errorf("protocol is %q", seen)
		}
		for _, one := range business.ledger(s.Gid) {
			if string(one.payload) != string(payload) || one.transType != "saga" {
				t.Errorf("a branch saw payload %q of a %s", one.payload, one.transType)
			}
		}
	})
}

func TestSagaRollsBack(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.add("Ok", "Undo").add("Refuse", "Undo").add("Ok", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "failed", "SSSFPP")
		s.expectStory("action 01, action 02, compensate 02, compensate 01")
		s.expectReason("^url:" + regexp.QuoteMeta(s.url("Refuse")) + " return failed: .*no-money FAILURE$")
	})
}

func TestSagaGoesOnAfterOngoing(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.add("OngoingOnce", "Undo").add("Ok", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "succeed", "PSPS")
		s.expectStory("action 01, action 01, action 02")
	})
}

func TestSagaGoesOnAfterAnUnknownOutcome(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.add("Ok", "Undo").add("BrokenOnce", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "succeed", "PSPS")
		s.expectStory("action 01, action 02, action 02")
	})
}

func TestSagaRepeatsACompensationUntilItSucceeds(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.add("Ok", "BrokenOnce").add("Refuse", "OngoingOnce").mustSubmit()
		expectEnd(t, s.Gid, "failed", "SSSF")
		s.expectStory("action 01, action 02, compensate 02, compensate 02, compensate 01, compensate 01")
	})
}

func TestSagaTimesOut(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.TimeoutToFail = 2
		s.add("Ongoing", "Undo").add("Ok", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "failed", "SPPP")
		s.expectReason(`^Timeout after \d+ seconds$`)
		if story := business.story(s.Gid); !strings.HasSuffix(story, "action 01, compensate 01") {
			t.Errorf("the branches saw: %s", story)
		}
	})
}

func TestSagaWaitsForSuccess(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WaitResult = true
		s.add("Ok", "Undo").add("Ok", "Undo").mustSubmit()
		if seen := statusOf(t, s.Gid); seen != "succeed" {
			t.Errorf("after a waiting submit it is %s", seen)
		}
	})
}

func TestSagaWaitsForFailure(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WaitResult = true
		s.add("Ok", "Undo").add("Refuse", "Undo").expectRefusal("return failed: ")
		if seen := statusOf(t, s.Gid); seen != "failed" {
			t.Errorf("after a waiting submit it is %s", seen)
		}
	})
}

func TestSagaWaitsAndHearsThatItIsNotDone(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WaitResult = true
		s.add("OngoingOnce", "Undo").expectRefusal("wait result not return success")
		expectEnd(t, s.Gid, "succeed", "PS")
	})
}

func TestSagaRunsConcurrentlyInItsOrders(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WaitResult = true
		s.RequestTimeout = 5
		s.SetConcurrent()
		s.AddBranchOrder(1, []int{0})
		s.add("Slow", "Undo").add("Ok", "Undo").add("Ok", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "succeed", "PSPSPS")
		story := business.story(s.Gid)
		if !strings.HasSuffix(story, "action 02") || strings.Count(story, "action") != 3 {
			t.Errorf("the branches saw: %s", story)
		}
	})
}

func TestSagaConcurrentRollbackSkipsWhatCannotHaveRun(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WaitResult = true
		s.SetConcurrent()
		s.AddBranchOrder(1, []int{0})
		s.add("Refuse", "Undo").add("Ok", "Undo").expectRefusal("return failed: ")
		expectEnd(t, s.Gid, "failed", "SFPP")
		s.expectStory("action 01, compensate 01")
	})
}

func TestSagaConcurrentRollbackUndoesInReverseOrder(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.SetConcurrent()
		s.AddBranchOrder(1, []int{0})
		s.add("Ok", "Undo").add("Refuse", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "failed", "SSSF")
		s.expectStory("action 01, action 02, compensate 02, compensate 01")
	})
}

func TestSagaCarriesBranchHeaders(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.BranchHeaders = map[string]string{"test_header": "v1", "X-B": "v2"}
		s.add("Ok", "Undo").add("Refuse", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "failed", "SSSF")
		for _, one := range business.ledger(s.Gid) {
			if one.header("test_header") != "v1" || one.header("x-b") != "v2" {
				t.Errorf("%s %s came without its headers", one.op, one.branch)
			}
		}
	})
}

func TestSagaStopsAtItsRetryLimit(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WithRetryLimit(2)
		s.add("Ok", "Undo").add("Ongoing", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "failed", "SSSP")
		s.expectStory("action 01, action 02, action 02, action 02, compensate 02, compensate 01")
		s.expectReason("^RetryCount is greater than RetryLimit, RetryLimit: 2$")
	})
}

func TestSagaTakesEmptyURLsForDone(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.add("", "").add("Ok", "").add("", "Undo").add("Refuse", "Undo").mustSubmit()
		expectEnd(t, s.Gid, "failed", "SSSSSSSF")
		s.expectStory("action 02, action 04, compensate 04, compensate 03")
	})
}

func TestSagaRequestTimeoutLetsASlowBranchFinish(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WaitResult = true
		s.WithGlobalTransRequestTimeout(5)
		s.add("Slow", "Undo").mustSubmit()
		s.expectStory("action 01")
	})
}

func TestSagaSlowBranchWithoutRequestTimeoutIsAnUnknownOutcome(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.WaitResult = true
		s.add("Slow", "Undo").expectRefusal("wait result not return success")
		if seen := statusOf(t, s.Gid); seen != "submitted" {
			t.Errorf("it is %s", seen)
		}
		forceStop(t, s.Gid)
		expectEnd(t, s.Gid, "failed", "PP")
	})
}

func TestSagaSubmittedAgain(t *testing.T) {
	overBoth(t, func(t *testing.T, s *saga) {
		s.add("OngoingOnce", "Undo").add("Ok", "Undo").mustSubmit()
		s.mustSubmit()
		expectEnd(t, s.Gid, "succeed", "PSPS")
		s.expectRefusal("current status 'succeed', cannot sumbmit.")
	})
}

// A service may be reached over HTTP although the client speaks gRPC to the coordinator.
func TestSagaOverGRPCMayCallHTTPServices(t *testing.T) {
	gid := dtmgrpc.MustGenGid(coordinator.GRPC)
	s := dtmgrpc.NewSagaGrpc(coordinator.GRPC, gid)
	s.Add(business.http+"/Ok", business.http+"/Undo", wrapperspb.Int64(30))
	s.Add(business.grpc+"/Refuse", business.grpc+"/Undo", wrapperspb.Int64(30))
	if err := s.Submit(); err != nil {
		t.Fatal(err)
	}
	expectEnd(t, gid, "failed", "SSSF")
}

func TestGidsAreUniqueOverBothProtocols(t *testing.T) {
	seen := map[string]bool{}
	for i := 0; i < 50; i++ {
		seen[dtmcli.MustGenGid(coordinator.HTTP)] = true
		seen[dtmgrpc.MustGenGid(coordinator.GRPC)] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d different gids of 100", len(seen))
	}
}

// A submit without a type must not bring the coordinator down.
func TestGRPCSubmitOfNonsenseIsAnError(t *testing.T) {
	for _, transType := range []string{"", "sagas"} {
		s := dtmgrpc.NewSagaGrpc(coordinator.GRPC, fmt.Sprintf("nonsense-%s-%d", transType, len(transType)))
		s.TransType = transType
		if err := s.Submit(); status.Code(err) != codes.Internal {
			t.Errorf("submit of a %q: %v", transType, err)
		}
	}
	if gid := dtmgrpc.MustGenGid(coordinator.GRPC); gid == "" {
		t.Error("it no longer answers")
	}
}
