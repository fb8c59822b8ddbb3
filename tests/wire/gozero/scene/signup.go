package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/dtmimp"
	"github.com/dtm-labs/client/dtmgrpc"
	_ "github.com/dtm-labs/dtmdriver-gozero" // registers itself
	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/stores/redis"
	"github.com/zeromicro/go-zero/rest"
	"github.com/zeromicro/go-zero/rest/httpx"
	"github.com/zeromicro/go-zero/zrpc"

	"treaty/tests/wire/gozero/scenepb"
)

type signupConfig struct {
	rest.RestConf
	Coordinator string // as the driver finds it: etcd://host:port/key
	User, Tag   zrpc.RpcClientConf
	Ids         redis.RedisConf
}

type signupRequest struct {
	Name string `json:"name"`
	Tag  string `json:"tag"`
	Wait bool   `json:"wait,optional"` // for the end of the saga
}

type signupAnswer struct {
	ID      int64  `json:"id"`
	Gid     string `json:"gid"`
	Outcome string `json:"outcome"` // accepted, done, refused, under way
}

type signups struct {
	signupConfig
	userTarget, tagTarget string
	ids                   *redis.Redis
}

func serveSignups(file string) {
	s := &signups{}
	conf.MustLoad(file, &s.signupConfig)
	logx.Must(dtmgrpc.UseDriver("dtm-driver-gozero"))
	var err error
	s.userTarget, err = s.User.BuildTarget()
	logx.Must(err)
	s.tagTarget, err = s.Tag.BuildTarget()
	logx.Must(err)
	s.ids = s.Ids.NewRedis()
	server := rest.MustNewServer(s.RestConf)
	defer server.Stop()
	server.AddRoute(rest.Route{Method: http.MethodPost, Path: "/signup", Handler: s.serve})
	server.Start()
}

func (s *signups) serve(w http.ResponseWriter, r *http.Request) {
	var in signupRequest
	if err := httpx.Parse(r, &in); err != nil {
		httpx.Error(w, err)
		return
	}
	answer, err := s.signUp(in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	httpx.OkJson(w, answer)
}

func (s *signups) signUp(in signupRequest) (signupAnswer, error) {
	id, err := s.ids.Incr("signup:user")
	if err != nil {
		return signupAnswer{}, fmt.Errorf("no id: %w", err)
	}
	answer := signupAnswer{ID: id}
	// The library has no form of this that answers an error.
	if err := dtmimp.CatchP(func() { answer.Gid = dtmgrpc.MustGenGid(s.Coordinator) }); err != nil {
		return answer, fmt.Errorf("no gid: %w", err)
	}
	user := &scenepb.NewUser{Id: id, Name: in.Name}
	tag := &scenepb.ChosenTag{UserId: id, Tag: in.Tag}
	saga := dtmgrpc.NewSagaGrpc(s.Coordinator, answer.Gid).
		Add(s.tagTarget+"/scene.Tag/Choose", s.tagTarget+"/scene.Tag/ChooseCompensate", tag).
		Add(s.userTarget+"/scene.User/Insert", s.userTarget+"/scene.User/InsertCompensate", user)
	saga.WaitResult = in.Wait
	err = dtmgrpc.GrpcError2DtmError(saga.Submit())
	switch {
	case errors.Is(err, dtmcli.ErrFailure):
		answer.Outcome = "refused"
	case errors.Is(err, dtmcli.ErrOngoing):
		answer.Outcome = "under way"
	case err != nil:
		return answer, fmt.Errorf("saga %s: %w", answer.Gid, err)
	case in.Wait:
		answer.Outcome = "done"
	default:
		answer.Outcome = "accepted"
	}
	return answer, nil
}
