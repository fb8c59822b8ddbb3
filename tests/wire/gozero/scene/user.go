package main

import (
	"context"
	"database/sql"
	"errors"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/go-sql-driver/mysql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"treaty/tests/wire/gozero/scenepb"
)

const duplicateEntry = 1062

type users struct {
	scenepb.UnimplementedUserServer
	branches
	instance string
}

func serveUsers(file string) {
	serveBranches(file, func(server *grpc.Server, to branches, c branchConfig) {
		scenepb.RegisterUserServer(server, &users{branches: to, instance: c.ListenOn})
	})
}

// Insert refuses a name that is taken: no repetition would change that.
func (u *users) Insert(ctx context.Context, in *scenepb.NewUser) (*scenepb.Done, error) {
	return u.behindBarrier(ctx, "Insert", func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into users (id, name, instance) values (?, ?, ?)", in.Id, in.Name, u.instance)
		var refusal *mysql.MySQLError
		if errors.As(err, &refusal) && refusal.Number == duplicateEntry {
			return status.Error(codes.Aborted, dtmcli.ResultFailure+": the name "+in.Name+" is taken")
		}
		return err
	})
}

func (u *users) InsertCompensate(ctx context.Context, in *scenepb.NewUser) (*scenepb.Done, error) {
	return u.behindBarrier(ctx, "InsertCompensate", func(tx *sql.Tx) error {
		_, err := tx.Exec("delete from users where id = ?", in.Id)
		return err
	})
}
