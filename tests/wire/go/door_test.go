package wire

import (
	"os"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmcli/logger"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/dtm-labs/client/dtmgrpc/dtmgimp"
)

// door is one way of the client library to a coordinator and to the business: HTTP or gRPC.
type door struct {
	*daemon
	rpc bool
}

// throughBoth runs a test once through each door, at the same time.
func throughBoth(t *testing.T, run func(t *testing.T, d door)) {
	t.Parallel()
	t.Run("HTTP", func(t *testing.T) { t.Parallel(); run(t, door{coordinator, false}) })
	t.Run("GRPC", func(t *testing.T) { t.Parallel(); run(t, door{coordinator, true}) })
}

// withOwnDaemon runs a test that kills its coordinator, once through each door.
func withOwnDaemon(t *testing.T, run func(t *testing.T, d door)) {
	t.Helper()
	withConfiguredDaemon(t, "", run)
}

// withConfiguredDaemon runs a test on a coordinator of its own with further lines of configuration, through each door.
func withConfiguredDaemon(t *testing.T, options string, run func(t *testing.T, d door)) {
	t.Helper()
	t.Parallel()
	for name, rpc := range map[string]bool{"HTTP": false, "GRPC": true} {
		rpc := rpc
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := ownDaemon(t, options)
			if err := own.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				own.Kill()
				if t.Failed() {
					t.Logf("its coordinator's log:\n%s", own.LogTail())
				}
			})
			run(t, door{own, rpc})
		})
	}
}

// dieAndComeBack kills the coordinator and starts it again on what is on its disk.
func (d door) dieAndComeBack(t *testing.T) {
	t.Helper()
	d.Kill()
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
}

func (d door) address() string {
	if d.rpc {
		return d.GRPC
	}
	return d.HTTP
}

func (d door) newGid() string {
	if d.rpc {
		return dtmgrpc.MustGenGid(d.GRPC)
	}
	return dtmcli.MustGenGid(d.HTTP)
}

// url of a method of the business service.
func (d door) url(name string) string {
	if d.rpc {
		return business.grpc + "/" + name
	}
	return business.http + "/" + name
}

// send makes one of the library's calls to the coordinator that its own functions make only once: submit, abort.
func (d door) send(base *dtmimp.TransBase, operation, rpcOperation string) error {
	if d.rpc {
		return dtmgimp.DtmGrpcCall(base, rpcOperation)
	}
	return dtmimp.TransCallDtm(base, operation)
}

func expectStory(t *testing.T, gid, story string) {
	t.Helper()
	if seen := business.story(gid); seen != story {
		t.Errorf("the branches saw: %s; not: %s", seen, story)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func init() {
	// The library writes each call to its log; with many tests at once that hides what failed.
	if os.Getenv("LOG_LEVEL") == "" {
		logger.InitLog("fatal")
	}
}
