package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/go-resty/resty/v2"
)

// The library speaks JSON-RPC to the coordinator where a transaction's protocol says so; its branches may, too: the
// coordinator does where the URL names a method.

func jsonRPC() string { return strings.TrimSuffix(coordinator.HTTP, "/dtmsvr") + "/json-rpc" }

// jsonRPCBusiness behaves as the other services do, in JSON-RPC's words.
var jsonRPCBusiness = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var request struct {
		Jsonrpc, ID, Method string
		Params              map[string]interface{}
	}
	if err := json.Unmarshal(body, &request); err != nil || request.Jsonrpc != "2.0" || request.ID == "" {
		http.Error(w, "no JSON-RPC: "+string(body), http.StatusBadRequest)
		return
	}
	param := func(name string) string { return fmt.Sprint(request.Params[name]) }
	payload, _ := json.Marshal(request.Params["amount"])
	what := business.behave(call{param("gid"), param("branch_id"), param("op"), param("trans_type"), request.Method,
		payload, r.Header.Get})
	code := map[outcome]string{
		ok: `null`, refused: `{"code":-32901,"message":"no-money"}`, ongoing: `{"code":-32902,"message":"not yet"}`,
		broken: `{"code":-32603,"message":"boom"}`}[what]
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%q,"error":%s,"result":null}`, request.ID, code)
}))

func jsonRPCURL(method string) string { return jsonRPCBusiness.URL + "/api?method=" + method }

func TestJSONRPCMsgIsDelivered(t *testing.T) {
	t.Parallel()
	m := dtmcli.NewMsg(jsonRPC(), dtmcli.MustGenGid(coordinator.HTTP))
	m.Protocol = dtmimp.Jrpc
	m.Add(business.http+"/Ok", map[string]int{"amount": 30})
	for _, method := range []string{"Ok", "OngoingOnce", "BrokenOnce"} {
		m.Add(jsonRPCURL(method), map[string]int{"amount": 30})
	}
	must(t, m.Prepare(business.http+"/Ok"))
	if seen := query(t, m.Gid).Transaction.Protocol; seen != "json-rpc" {
		t.Errorf("the protocol is %q", seen)
	}
	must(t, m.Submit())
	expectEnd(t, m.Gid, "succeed", "SSSS")
	expectStory(t, m.Gid, "action 01, action 02, action 03, action 03, action 04, action 04")
	for _, one := range business.ledger(m.Gid)[1:] {
		if string(one.payload) != "30" || one.transType != "msg" {
			t.Errorf("%s saw amount %s of a %s", one.branch, one.payload, one.transType)
		}
	}
	if err := m.Submit(); err == nil || !strings.Contains(err.Error(), "-32901") {
		t.Errorf("a submit after the end said: %v", err)
	}
}

func TestJSONRPCMsgFollowsTheBusiness(t *testing.T) {
	t.Parallel()
	for _, is := range []struct {
		busi       error
		query, end string
	}{{nil, "Unasked", "succeed"}, {dtmcli.ErrFailure, "Unasked", "failed"}, {errors.New("lost"), "Ok", "succeed"},
		{errors.New("lost"), "Refuse", "failed"}} {
		m := dtmcli.NewMsg(jsonRPC(), dtmcli.MustGenGid(coordinator.HTTP))
		m.Protocol = dtmimp.Jrpc
		m.Add(jsonRPCURL("Ok"), map[string]int{"amount": 30})
		err := m.DoAndSubmit(business.http+"/"+is.query, func(*dtmcli.BranchBarrier) error { return is.busi })
		if !errors.Is(err, is.busi) {
			t.Errorf("the client got %v, not %v", err, is.busi)
		}
		expectEnd(t, m.Gid, is.end, map[string]string{"succeed": "S", "failed": "P"}[is.end])
	}
}

func TestJSONRPCSagaRollsBack(t *testing.T) {
	t.Parallel()
	s := dtmcli.NewSaga(jsonRPC(), dtmcli.MustGenGid(coordinator.HTTP))
	s.Protocol = dtmimp.Jrpc
	s.Add(jsonRPCURL("Ok"), jsonRPCURL("OngoingOnce"), map[string]int{"amount": 30})
	s.Add(jsonRPCURL("Refuse"), jsonRPCURL("Undo"), map[string]int{"amount": 30})
	must(t, s.Submit())
	expectEnd(t, s.Gid, "failed", "SSSF")
	expectStory(t, s.Gid, "action 01, action 02, compensate 02, compensate 01, compensate 01")
}

func TestJSONRPCTcc(t *testing.T) {
	t.Parallel()
	for try, is := range map[string]struct{ end, rows, story string }{
		"Ok":     {"succeed", "PSPS", "try 01, try 02, confirm 02, confirm 01"},
		"Refuse": {"failed", "SPSP", "try 01, try 02, cancel 02, cancel 01"},
	} {
		gid := dtmcli.MustGenGid(coordinator.HTTP)
		err := dtmcli.TccGlobalTransaction2(jsonRPC(), gid, func(x *dtmcli.Tcc) { x.Protocol = dtmimp.Jrpc },
			func(x *dtmcli.Tcc) (*resty.Response, error) {
				for _, one := range []string{"Ok", try} {
					_, err := x.CallBranch(map[string]int{"amount": 30}, business.http+"/"+one, jsonRPCURL("Confirm"),
						jsonRPCURL("Cancel"))
					if err != nil {
						return nil, err
					}
				}
				return nil, nil
			})
		if (err == nil) != (is.end == "succeed") {
			t.Errorf("the client got %v", err)
		}
		expectEnd(t, gid, is.end, is.rows)
		expectStory(t, gid, is.story)
	}
}
