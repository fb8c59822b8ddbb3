package main

import (
	"context"
	"database/sql"

	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/stores/sqlx"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"

	"treaty/tests/wire/gozero/scenepb"
)

// branchConfig is the configuration of a service whose methods are branches.
type branchConfig struct {
	zrpc.RpcServerConf
	DataSource string
}

// branches do their business behind the library's barrier, in one local transaction with it.
type branches struct{ database sqlx.SqlConn }

func serveBranches(file string, register func(server *grpc.Server, to branches, c branchConfig)) {
	var c branchConfig
	conf.MustLoad(file, &c)
	to := branches{sqlx.NewMysql(c.DataSource)}
	server := zrpc.MustNewServer(c.RpcServerConf, func(s *grpc.Server) { register(s, to, c) })
	defer server.Stop()
	server.Start()
}

func (b branches) behindBarrier(ctx context.Context, method string, business func(tx *sql.Tx) error) (*scenepb.Done, error) {
	barrier, err := dtmgrpc.BarrierFromGrpc(ctx)
	if err != nil {
		return nil, err
	}
	database, err := b.database.RawDB()
	if err != nil {
		return nil, err
	}
	if _, err := database.ExecContext(ctx, "insert into calls (gid, method) values (?, ?)", barrier.Gid, method); err != nil {
		return nil, err
	}
	if err := barrier.CallWithDB(database, business); err != nil {
		return nil, err
	}
	return &scenepb.Done{}, nil
}
