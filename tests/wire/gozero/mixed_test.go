package gozero

import (
	"context"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"treaty/tests/wire/gozero/scenepb"
)

// storiesWithCpp have a go-zero service and one of the C++ SDK in one saga, behind one barrier table.
var storiesWithCpp = map[string]func(t *testing.T, shared *servers){
	"CppAndGoCommitTogether":       cppAndGoCommitTogether,
	"CppTakesBackWhatItDid":        cppTakesBackWhatItDid,
	"GoTakesBackWhatCppDid":        goTakesBackWhatCppDid,
	"CppTakesBackWhatGoDid":        cppTakesBackWhatGoDid,
	"CppRepeatsNothingThatGoDid":   cppRepeatsNothingThatGoDid,
	"GoActionIsTooLateForCppsUndo": goActionIsTooLateForCppsUndo,
}

func newMixedScene(t *testing.T, shared *servers) *scene {
	s := newScene(t, shared)
	s.startAll(etcdConfigured)
	return s
}

func cppAndGoCommitTogether(t *testing.T, shared *servers) {
	s := newMixedScene(t, shared)
	s.replaceTag(s.startTagInCpp)
	ann := s.signUp("ann", "gardening")
	s.expectEnd(ann, "succeed")
	s.expectKept(ann, "ann", "gardening")
	s.expectStory(ann, "Choose (C++), Insert")
	s.expectBarrierRows(ann, "01 action action, 02 action action")
}

func cppTakesBackWhatItDid(t *testing.T, shared *servers) {
	s := newMixedScene(t, shared)
	s.signUpAndWait("ann", "gardening")
	s.replaceTag(s.startTagInCpp)
	again := s.signUp("ann", "chess")
	s.expectEnd(again, "failed")
	s.expectKept(again, "", "")
	s.expectStory(again, "Choose (C++), Insert, InsertCompensate, ChooseCompensate (C++)")
}

// The rows that one language's barrier has written tell the other's that there is something to undo.
func goTakesBackWhatCppDid(t *testing.T, shared *servers) {
	s := newMixedScene(t, shared)
	s.signUpAndWait("ann", "gardening")
	s.replaceTag(s.startTagInCpp)
	again := s.signUpWithoutUsers("ann", "chess")
	s.expectKept(again, "", "chess")
	s.replaceTag(func() *service { return s.startBranch("tag") })
	s.user = s.startBranch("user")
	s.expectEnd(again, "failed")
	s.expectKept(again, "", "")
	s.expectStory(again, "Choose (C++), Insert, InsertCompensate, ChooseCompensate")
	s.expectBarrierRows(again, "01 action action, 01 compensate compensate, 02 action compensate, 02 compensate compensate")
}

func cppTakesBackWhatGoDid(t *testing.T, shared *servers) {
	s := newMixedScene(t, shared)
	s.signUpAndWait("ann", "gardening")
	again := s.signUpWithoutUsers("ann", "chess")
	s.expectKept(again, "", "chess")
	s.replaceTag(s.startTagInCpp)
	s.user = s.startBranch("user")
	s.expectEnd(again, "failed")
	s.expectKept(again, "", "")
	s.expectStory(again, "Choose, Insert, InsertCompensate, ChooseCompensate (C++)")
	s.expectBarrierRows(again, "01 action action, 01 compensate compensate, 02 action compensate, 02 compensate compensate")
}

// An answer that was lost makes the coordinator call again; who did it first does not matter.
func cppRepeatsNothingThatGoDid(t *testing.T, shared *servers) {
	s := newMixedScene(t, shared)
	ann := s.signUpAndWait("ann", "gardening")
	s.replaceTag(s.startTagInCpp)
	s.callTag(ann, "action", "Choose", "gardening")
	s.expectKept(ann, "ann", "gardening")
	s.expectStory(ann, "Choose, Insert, Choose (C++)")
}

func goActionIsTooLateForCppsUndo(t *testing.T, shared *servers) {
	s := newMixedScene(t, shared)
	s.replaceTag(s.startTagInCpp)
	stray := signup{ID: 4711, Gid: "stray-" + s.name}
	s.callTag(stray, "compensate", "ChooseCompensate", "chess")
	s.replaceTag(func() *service { return s.startBranch("tag") })
	s.callTag(stray, "action", "Choose", "chess")
	s.expectKept(stray, "", "")
	s.expectStory(stray, "ChooseCompensate (C++), Choose")
}

// signUpWithoutUsers begins a sign-up whose tag is chosen and whose user service is away.
func (s *scene) signUpWithoutUsers(name, tag string) signup {
	s.Helper()
	s.user.Kill()
	who := s.signUp(name, tag)
	s.awaitFirstStep(who)
	return who
}

// callTag calls the tag service as the coordinator would, as branch 01 of the sign-up.
func (s *scene) callTag(who signup, op, method, tag string) {
	s.Helper()
	connection, err := grpc.Dial(s.tag.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(s.T, err)
	defer connection.Close()
	limit, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	call := metadata.AppendToOutgoingContext(limit, "dtm-gid", who.Gid, "dtm-trans_type", "saga", "dtm-branch_id", "01", "dtm-op", op)
	must(s.T, connection.Invoke(call, "/scene.Tag/"+method, &scenepb.ChosenTag{UserId: who.ID, Tag: tag}, &scenepb.Done{}))
}

// expectBarrierRows says which rows of the barrier's table a sign-up has: branch, operation, and the one that wrote it.
func (s *scene) expectBarrierRows(who signup, rows string) {
	s.Helper()
	found := s.text(`select concat(branch_id, ' ', op, ' ', reason) from dtm_barrier.barrier where gid = ? order by 1`, who.Gid)
	if found != rows {
		s.Errorf("the barrier's rows are %q, not %q", found, rows)
	}
}
