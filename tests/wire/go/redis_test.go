package wire

import (
	"context"
	"fmt"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/go-redis/redis/v8"

	"treaty/tests/wire/gokit"
)

// barrierExpire is how many seconds the library's barrier keeps its keys: longer than any of these transactions lives.
const barrierExpire = 600

// redisVault keeps balances in a real Redis, and the library's barrier keys beside them.
type redisVault struct{ *redis.Client }

func startRedis(t *testing.T) redisVault {
	t.Helper()
	server := gokit.StartServer(t, gokit.Redis)
	client := redis.NewClient(&redis.Options{Addr: server.Address()})
	t.Cleanup(func() { client.Close() })
	server.AwaitReady(t, func() bool { return client.Ping(context.Background()).Err() == nil })
	return redisVault{client}
}

func accountKey(account int) string { return fmt.Sprintf("account-%d", account) }

func (r redisVault) open(t *testing.T, account, balance int) {
	t.Helper()
	must(t, r.Set(context.Background(), accountKey(account), balance, 0).Err())
}

func (r redisVault) balance(t *testing.T, account int) int {
	t.Helper()
	balance, err := r.Get(context.Background(), accountKey(account)).Int()
	must(t, err)
	return balance
}

func (r redisVault) behind(barrier *dtmcli.BranchBarrier, path string) error {
	if barrier.Op == "msg" {
		return barrier.RedisQueryPrepared(r.Client, barrierExpire)
	}
	var account, amount int
	if _, err := fmt.Sscanf(path, "/%d/%d", &account, &amount); err != nil {
		return err
	}
	switch barrier.Op {
	case "confirm":
		amount = 0
	case "cancel", "compensate":
		amount = -amount
	}
	return barrier.RedisCheckAdjustAmount(r.Client, accountKey(account), amount, barrierExpire)
}

// Redis has no roll-back: a business that fails does so before it has taken anything.
func (r redisVault) take(barrier *dtmcli.BranchBarrier, from int, failure error) error {
	if failure != nil {
		return failure
	}
	return barrier.RedisCheckAdjustAmount(r.Client, accountKey(from), -30, barrierExpire)
}

func (redisVault) preparedOf(*testing.T, string) []string { return nil }
