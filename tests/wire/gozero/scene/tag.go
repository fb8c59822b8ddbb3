package main

import (
	"context"
	"database/sql"

	"google.golang.org/grpc"

	"treaty/tests/wire/gozero/scenepb"
)

type tags struct {
	scenepb.UnimplementedTagServer
	branches
}

func serveTags(file string) {
	serveBranches(file, func(server *grpc.Server, to branches, _ branchConfig) {
		scenepb.RegisterTagServer(server, &tags{branches: to})
	})
}

func (s *tags) Choose(ctx context.Context, in *scenepb.ChosenTag) (*scenepb.Done, error) {
	return s.behindBarrier(ctx, "Choose", func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into tags (user_id, tag) values (?, ?)", in.UserId, in.Tag)
		return err
	})
}

func (s *tags) ChooseCompensate(ctx context.Context, in *scenepb.ChosenTag) (*scenepb.Done, error) {
	return s.behindBarrier(ctx, "ChooseCompensate", func(tx *sql.Tx) error {
		_, err := tx.Exec("delete from tags where user_id = ? and tag = ?", in.UserId, in.Tag)
		return err
	})
}
