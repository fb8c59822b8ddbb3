package wire

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/workflow"
)

// transferFlow is a workflow of two XA branches on one database and of a call that is answered only the second time, so
// that the workflow is resumed while its branches are prepared. Its input is "TO FROM AMOUNT".
func (b *bank) transferFlow(wf *workflow.Workflow, data []byte) ([]byte, error) {
	var to, from, amount int
	if _, err := fmt.Sscan(string(data), &to, &from, &amount); err != nil {
		return nil, err
	}
	for _, path := range []string{pathOf(to, amount), pathOf(from, -amount)} {
		path := path
		_, err := wf.NewBranch().DoXa(b.conf, func(db *sql.DB) ([]byte, error) { return nil, add(db, path, 1) })
		if err != nil {
			return nil, err
		}
	}
	return nil, step(wf, "BrokenOnce", "Undo")
}

func (b *bank) transferFlows() map[string]flow {
	return map[string]flow{
		"CommitsItsXaBranches": {b.transferFlow, func(t *testing.T, d door, name, gid string) {
			from, to := b.pair(t)
			input := fmt.Sprint(to, " ", from, " ", 30)
			if err := workflow.Execute(name, gid, []byte(input)); err == nil || errors.Is(err, dtmcli.ErrFailure) {
				t.Errorf("the first Execute answered %v", err)
			}
			// Each XA branch says that its business is done, that it is prepared, and that it is committed.
			expectWorkflow(t, d, gid, "succeed", "SSSSSSS", "action 03, action 03")
			b.expectBalances(t, gid, from, 70, to, 1030)
		}},
		"RollsItsXaBranchesBack": {b.transferFlow, func(t *testing.T, d door, name, gid string) {
			from, to := b.pair(t)
			input := fmt.Sprint(to, " ", from, " ", 130)
			if err := workflow.Execute(name, gid, []byte(input)); !errors.Is(err, dtmcli.ErrFailure) {
				t.Errorf("Execute answered %v", err)
			}
			expectWorkflow(t, d, gid, "failed", "SSFSS", "")
			b.expectBalances(t, gid, from, 100, to, 1000)
		}},
	}
}
