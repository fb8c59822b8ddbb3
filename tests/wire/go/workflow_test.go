package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/workflow"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The workflow library knows one coordinator over one protocol at a time: these tests come one protocol after the other.

const workflowInput = "what it was started with"

// flow is one workflow: its function, and what a test does with it.
type flow struct {
	run  workflow.WfFunc2
	test func(t *testing.T, d door, name, gid string)
}

// request calls a method of the business through the workflow, which records what it answers.
func request(wf *workflow.Workflow, name string) error {
	if wf.Protocol == dtmimp.ProtocolGRPC {
		return workflowConnection.Invoke(wf.Context, "/busi.Busi/"+name, wrapperspb.Int64(30), &emptypb.Empty{})
	}
	_, err := wf.NewRequest().SetBody(map[string]int{"amount": 30}).Post(business.http + "/" + name)
	return err
}

// step is a branch with one call, and one that undoes it.
func step(wf *workflow.Workflow, action, undo string) error {
	branch := wf.NewBranch().OnRollback(func(*dtmcli.BranchBarrier) error { return request(wf, undo) })
	return request(branch, action)
}

// steps is a workflow of several steps that answers "done".
func steps(actions ...string) workflow.WfFunc2 {
	return func(wf *workflow.Workflow, data []byte) ([]byte, error) {
		if string(data) != workflowInput {
			return nil, fmt.Errorf("the workflow got %q", data)
		}
		for _, action := range actions {
			if err := step(wf, action, "Undo"); err != nil {
				return nil, err
			}
		}
		return []byte("done"), nil
	}
}

var workflowConnection = dialBusiness()

func dialBusiness() *grpc.ClientConn {
	address := business.grpc[:strings.Index(business.grpc, "/")]
	connection, err := grpc.Dial(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(workflow.Interceptor))
	if err != nil {
		panic(err)
	}
	return connection
}

// patient has a slow machine finish an Execute before the coordinator would call back.
func patient(wf *workflow.Workflow) {
	wf.RetryInterval = 2
	wf.RequestTimeout = 5
}

func execute(name, gid string) ([]byte, error) {
	return workflow.Execute2(name, gid, []byte(workflowInput))
}

func expectWorkflow(t *testing.T, d door, gid, status, rows, story string) {
	t.Helper()
	d.expectEnd(t, gid, status, rows)
	expectStory(t, gid, story)
}

// resumed is a workflow whose first Execute ends in the middle, and which the coordinator's call-back brings to its end.
func resumed(actions []string, rows, story string) flow {
	return flow{steps(actions...), func(t *testing.T, d door, name, gid string) {
		if result, err := execute(name, gid); err == nil || errors.Is(err, dtmcli.ErrFailure) {
			t.Errorf("the first Execute answered %q, %v", result, err)
		}
		expectWorkflow(t, d, gid, "succeed", rows, story)
		if result, err := execute(name, gid); string(result) != "done" || err != nil {
			t.Errorf("Execute after the end answered %q, %v", result, err)
		}
		expectStory(t, gid, story)
	}}
}

var flows = map[string]flow{
	"Commits": {steps("Ok", "Ok"), func(t *testing.T, d door, name, gid string) {
		for _, nth := range []string{"first", "second"} { // the second is answered from what is stored
			if result, err := execute(name, gid); string(result) != "done" || err != nil {
				t.Errorf("the %s Execute answered %q, %v", nth, result, err)
			}
			expectWorkflow(t, d, gid, "succeed", "SS", "action 01, action 02")
		}
	}},
	"RollsBack": {steps("Ok", "Ok", "Refuse"), func(t *testing.T, d door, name, gid string) {
		for _, nth := range []string{"first", "second"} {
			_, err := execute(name, gid)
			if !errors.Is(err, dtmcli.ErrFailure) || !strings.Contains(err.Error(), "no-money") {
				t.Errorf("the %s Execute answered %v", nth, err)
			}
			// The library does not undo the branch that was refused.
			expectWorkflow(t, d, gid, "failed", "SSFSS", "action 01, action 02, action 03, rollback 02, rollback 01")
		}
		if reason := d.Query(t, gid).Transaction.RollbackReason; !strings.Contains(reason, "no-money") {
			t.Errorf("the reason is %q", reason)
		}
	}},
	"IsResumedAfterAnError": resumed([]string{"Ok", "BrokenOnce", "Ok"}, "SSS",
		"action 01, action 02, action 02, action 03"),
	"IsResumedAfterOngoing": resumed([]string{"Ok", "OngoingOnce"}, "SS", "action 01, action 02, action 02"),
	"IsResumedAgainAndAgain": resumed([]string{"OngoingOnce", "BrokenOnce"}, "SS",
		"action 01, action 01, action 02, action 02"),
	"ResumesItsRollback": {func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		if err := step(wf, "Ok", "OngoingOnce"); err != nil {
			return nil, err
		}
		return nil, step(wf, "Refuse", "Undo")
	}, func(t *testing.T, d door, name, gid string) {
		if _, err := execute(name, gid); err == nil || errors.Is(err, dtmcli.ErrFailure) {
			t.Errorf("the first Execute answered %v", err)
		}
		expectWorkflow(t, d, gid, "failed", "SFS", "action 01, action 02, rollback 01, rollback 01")
	}},
	"RunsItsCommitCallbacks": {func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		for i := 0; i < 2; i++ {
			branch := wf.NewBranch().OnCommit(func(*dtmcli.BranchBarrier) error { return request(wf, "Confirm") })
			if err := request(branch, "Ok"); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}, func(t *testing.T, d door, name, gid string) {
		_, err := execute(name, gid)
		must(t, err)
		expectWorkflow(t, d, gid, "succeed", "SSSS", "action 01, action 02, commit 02, commit 01")
	}},
	"RemembersLocalResults": {func(wf *workflow.Workflow, _ []byte) ([]byte, error) {
		result, err := wf.NewBranch().Do(func(bb *dtmcli.BranchBarrier) ([]byte, error) {
			business.enter(call{gid: bb.Gid, branch: bb.BranchID, op: "local"})
			return []byte("räksmörgås \"quoted\""), nil
		})
		if err != nil {
			return nil, err
		}
		return result, step(wf, "BrokenOnce", "Undo")
	}, func(t *testing.T, d door, name, gid string) {
		if _, err := execute(name, gid); err == nil {
			t.Error("the first Execute succeeded")
		}
		expectWorkflow(t, d, gid, "succeed", "SS", "local 01, action 02, action 02")
		if result, err := execute(name, gid); string(result) != "räksmörgås \"quoted\"" || err != nil {
			t.Errorf("Execute after the end answered %q, %v", result, err)
		}
	}},
	"IsResumedWithoutData": {func(wf *workflow.Workflow, data []byte) ([]byte, error) {
		if len(data) != 0 {
			return nil, fmt.Errorf("the workflow got %q", data)
		}
		return nil, step(wf, "BrokenOnce", "Undo")
	}, func(t *testing.T, d door, name, gid string) {
		if err := workflow.Execute(name, gid, nil); err == nil {
			t.Error("the first Execute succeeded")
		}
		expectWorkflow(t, d, gid, "succeed", "S", "action 01, action 01")
	}},
}

func TestWorkflow(t *testing.T) {
	db := startDatabase(t, postgreSQL)
	all := startBank(t, db, db.DBConf).transferFlows()
	for name, one := range flows {
		all[name] = one
	}
	for name, one := range all {
		must(t, workflow.Register2(name, one.run, patient))
	}
	must(t, workflow.Register2("OutlivesTheCoordinator", steps("Ok", "BrokenOnce"), patient))
	t.Run("HTTP", func(t *testing.T) {
		callback := httptest.NewServer(http.HandlerFunc(executeAgain))
		defer callback.Close()
		init := func(d door) { workflow.InitHTTP(d.HTTP, callback.URL) }
		testFlows(t, all, false, init)
	})
	t.Run("GRPC", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		init := func(d door) {
			// Each registers the service again, so each takes a server; only the first one listens.
			workflow.InitGrpc(d.GRPC, listener.Addr().String(), grpc.NewServer())
		}
		server := grpc.NewServer()
		workflow.InitGrpc("", "", server)
		go func() { _ = server.Serve(listener) }()
		defer server.Stop()
		testFlows(t, all, true, init)
	})
}

func testFlows(t *testing.T, all map[string]flow, rpc bool, init func(d door)) {
	shared := door{coordinator, rpc}
	init(shared)
	t.Run("Flows", func(t *testing.T) { // ends when all that run in parallel have ended
		for name, one := range all {
			name, one := name, one
			t.Run(name, func(t *testing.T) { t.Parallel(); one.test(t, shared, name, shared.newGid()) })
		}
	})
	t.Run("OutlivesTheCoordinator", func(t *testing.T) {
		d := door{ownDaemon(t, ""), rpc}
		must(t, d.Start())
		t.Cleanup(func() { d.Kill() })
		init(d)
		gid := d.newGid()
		if _, err := execute("OutlivesTheCoordinator", gid); err == nil {
			t.Error("the first Execute succeeded")
		}
		d.Kill()
		must(t, d.Start())
		init(d)
		expectWorkflow(t, d, gid, "succeed", "SS", "action 01, action 02, action 02")
	})
}

// executeAgain is what the coordinator calls to have a workflow resumed.
func executeAgain(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	code, _ := dtmcli.Result2HttpJSON(workflow.ExecuteByQS(r.URL.Query(), body))
	w.WriteHeader(code)
}
