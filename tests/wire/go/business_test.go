package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// outcome is what a business service makes of a call, before it is put into HTTP or gRPC words.
type outcome int

const (
	ok outcome = iota
	refused
	ongoing
	broken
)

// call is one branch call as the service saw it.
type call struct {
	gid, branch, op, transType, name string
	payload                          []byte
	header                           func(name string) string
}

// services is a business that speaks HTTP and gRPC, behaves by the name of the called method, and keeps a ledger.
type services struct {
	http  string // base URL
	grpc  string // host:port/service
	mutex sync.Mutex
	calls []call
}

var business = startServices()

func startServices() *services {
	s := &services{}
	s.http = httptest.NewServer(http.HandlerFunc(s.serveHTTP)).URL
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodec(rawBytes{}), grpc.UnknownServiceHandler(s.serveGRPC))
	go func() { _ = server.Serve(listener) }()
	s.grpc = listener.Addr().String() + "/busi.Busi"
	return s
}

// behave decides by the method's name. "Once" names answer badly the first time that a branch operation is called, "Thrice" names three times.
func (s *services) behave(c call) outcome {
	times := s.enter(c)
	first := times == 1
	switch {
	case c.name == "Refuse":
		return refused
	case c.name == "Ongoing", c.name == "OngoingOnce" && first:
		return ongoing
	case c.name == "BrokenOnce" && first, c.name == "BrokenThrice" && times <= 3:
		return broken
	case c.name == "Slow":
		time.Sleep(1500 * time.Millisecond) // longer than the coordinator's RequestTimeout
	}
	return ok
}

// enter notes the call and returns how often this branch operation was called by now.
func (s *services) enter(c call) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.calls = append(s.calls, c)
	times := 0
	for _, earlier := range s.calls {
		if earlier.gid == c.gid && earlier.branch == c.branch && earlier.op == c.op {
			times++
		}
	}
	return times
}

func (s *services) serveHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := r.URL.Query()
	c := call{q.Get("gid"), q.Get("branch_id"), q.Get("op"), q.Get("trans_type"), strings.TrimPrefix(r.URL.Path, "/"),
		body, r.Header.Get}
	codes := map[outcome]int{ok: 200, refused: 409, ongoing: 425, broken: 500}
	texts := map[outcome]string{ok: `{"dtm_result":"SUCCESS"}`, refused: "no-money", ongoing: "not yet", broken: "boom"}
	what := s.behave(c)
	w.WriteHeader(codes[what])
	fmt.Fprint(w, texts[what])
}

func (s *services) serveGRPC(_ interface{}, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	meta, _ := metadata.FromIncomingContext(stream.Context())
	value := func(key string) string { return strings.Join(meta.Get(key), ",") }
	var payload []byte
	if err := stream.RecvMsg(&payload); err != nil {
		return err
	}
	c := call{value("dtm-gid"), value("dtm-branch_id"), value("dtm-op"), value("dtm-trans_type"),
		method[strings.LastIndex(method, "/")+1:], payload, value}
	switch s.behave(c) {
	case refused:
		return status.Error(codes.Aborted, "no-money")
	case ongoing:
		return status.Error(codes.FailedPrecondition, "not yet")
	case broken:
		return status.Error(codes.Internal, "boom")
	}
	return stream.SendMsg(&[]byte{})
}

func (s *services) ledger(gid string) []call {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var calls []call
	for _, one := range s.calls {
		if one.gid == gid {
			calls = append(calls, one)
		}
	}
	return calls
}

// story is the ledger of a transaction in a line: "action 01, action 02".
func (s *services) story(gid string) string {
	var words []string
	for _, one := range s.ledger(gid) {
		words = append(words, one.op+" "+one.branch)
	}
	return strings.Join(words, ", ")
}

// rawBytes hands messages through unseen, so that this service needs no generated code.
type rawBytes struct{}

func (rawBytes) Marshal(v interface{}) ([]byte, error) { return *v.(*[]byte), nil }
func (rawBytes) Unmarshal(data []byte, v interface{}) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}
func (rawBytes) Name() string { return "proto" }

func jsonBody(v interface{}) io.Reader {
	text, _ := json.Marshal(v)
	return bytes.NewReader(text)
}
