package gozero

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"treaty/tests/wire/gokit"
)

func TestSignUp(t *testing.T) {
	shared := startServers(t)
	stories := map[string]func(t *testing.T, shared *servers){
		"Commits":                           commits,
		"TakenNameTakesTheTagBack":          takenNameTakesTheTagBack,
		"WaitsForTheUserService":            waitsForTheUserService,
		"OutlivesTheCoordinator":            outlivesTheCoordinator,
		"OneOfTwoInstancesDies":             oneOfTwoInstancesDies,
		"GoesOnWhileEtcdIsAway":             goesOnWhileEtcdIsAway,
		"EtcdForgetsEverything":             etcdForgetsEverything,
		"EtcdAsksForPasswords":              etcdAsksForPasswords,
		"CoordinatorStartsBeforeEtcd":       coordinatorStartsBeforeEtcd,
		"CoordinatorThatDrainsIsNotFound":   coordinatorThatDrainsIsNotFound,
		"TargetsAreOfTheNewerForm":          targetsAreOfTheNewerForm,
		"CoordinatorsKeyIsAsGoZeroMakesIts": coordinatorsKeyIsAsGoZeroMakesIts,
		"ClientsMoveToAnotherCoordinator":   clientsMoveToAnotherCoordinator,
	}
	if os.Getenv("TAG_IN_CPP") != "" { // a build without the C++ SDK has none
		for name, story := range storiesWithCpp {
			stories[name] = story
		}
	}
	t.Run("Story", func(t *testing.T) {
		for name, story := range stories {
			story := story
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				story(t, shared)
			})
		}
	})
}

func commits(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startAll(etcdConfigured)
	ann := s.signUpAndWait("ann", "gardening")
	if ann.Outcome != "done" {
		t.Errorf("the sign-up is %s", ann.Outcome)
	}
	s.expectEnd(ann, "succeed")
	s.expectKept(ann, "ann", "gardening")
	s.expectStory(ann, "Choose, Insert")
}

// The refusal is final: nobody asks the user service again, and the tag is free.
func takenNameTakesTheTagBack(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startAll(etcdConfigured)
	first := s.signUpAndWait("ann", "gardening")
	second := s.signUpAndWait("ann", "chess")
	if second.Outcome != "refused" {
		t.Errorf("the second sign-up is %s", second.Outcome)
	}
	s.expectEnd(second, "failed")
	if reason := s.coordinator.Query(t, second.Gid).Transaction.RollbackReason; !strings.Contains(reason, "the name ann is taken") {
		t.Errorf("the reason of the rollback is %q", reason)
	}
	s.expectKept(second, "", "")
	s.expectStory(second, "Choose, Insert, InsertCompensate, ChooseCompensate")
	s.expectKept(first, "ann", "gardening")
}

// The service goes away as go-zero services do, and comes back somewhere else.
func waitsForTheUserService(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startAll(etcdConfigured)
	s.signUpAndWait("ann", "gardening")
	s.user.leave(t)
	s.expectRegistered("user")
	bob := s.signUp("bob", "chess")
	s.awaitFirstStep(bob)
	s.expectKept(bob, "", "chess")
	s.user = s.startBranch("user")
	s.expectEnd(bob, "succeed")
	s.expectKept(bob, "bob", "chess")
	s.expectStory(bob, "Choose, Insert")
}

// A new coordinator process goes on with what the old one had begun, and go-zero's clients find it under its new lease.
func outlivesTheCoordinator(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startAll(etcdConfigured)
	s.signUpAndWait("ann", "gardening")
	s.user.Kill()
	bob := s.signUp("bob", "chess")
	s.awaitFirstStep(bob)
	lease := s.registeredLease()
	s.coordinator.Kill()
	if found, err := s.trySignUp("cid", "chess", false); err == nil {
		t.Errorf("a sign-up without a coordinator is %s", found.Outcome)
	}
	s.user = s.startBranch("user")
	s.startCoordinator()
	s.expectEnd(bob, "succeed")
	s.expectKept(bob, "bob", "chess")
	found := func() bool {
		_, err := s.trySignUp("dan", "gardening", true)
		return err == nil
	}
	if !gokit.Eventually(20*time.Second, found) {
		t.Error("nobody can sign up with the coordinator that came back")
	}
	s.expectRegistered("coordinator", s.coordinator.GRPC) // the old lease runs out, and its key with it
	if again := s.registeredLease(); again == lease {
		t.Errorf("the lease is still %s", lease)
	}
}

// Calls go to both instances, then to the one that is left, before and after etcd forgets the other.
func oneOfTwoInstancesDies(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startAll(etcdConfigured)
	second := s.startBranch("user")
	s.expectRegistered("user", s.user.address, second.address)
	both := []string{s.user.address, second.address}
	sort.Strings(both)
	next := 0
	signUpNext := func() {
		next++
		name := fmt.Sprintf("user-%d", next)
		who := s.signUp(name, "chess")
		s.expectEnd(who, "succeed")
		s.expectKept(who, name, "chess")
	}
	served := func() bool {
		signUpNext()
		return s.instances() == strings.Join(both, ", ")
	}
	if !gokit.Eventually(20*time.Second, served) {
		t.Fatalf("only %s is called, not %v", s.instances(), both)
	}
	s.user.Kill()
	for i := 0; i < 10; i++ {
		signUpNext()
	}
	s.expectRegistered("user", second.address)
	for i := 0; i < 5; i++ {
		signUpNext()
	}
}

// What was found once is used on; what changes afterwards is noticed again.
func goesOnWhileEtcdIsAway(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.etcd = startEtcd(t)
	s.startAll(etcdConfigured)
	s.signUpAndWait("ann", "gardening")
	s.etcd.Kill()
	bob := s.signUpAndWait("bob", "chess")
	s.expectKept(bob, "bob", "chess")
	s.etcd.Start(t)
	s.etcd.AwaitReady(t, func() bool { return healthy(s.etcd) })
	s.expectRegistered("coordinator", s.coordinator.GRPC)
	s.user.Kill()
	s.user = s.startBranch("user")
	cid := s.signUp("cid", "chess")
	s.expectEnd(cid, "succeed")
	s.expectKept(cid, "cid", "chess")
}

// An etcd that comes back empty knows no lease: whoever was registered registers again.
func etcdForgetsEverything(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.etcd = startEtcd(t)
	s.startAll(etcdConfigured)
	s.signUpAndWait("ann", "gardening")
	s.etcd.Kill()
	must(t, os.RemoveAll(s.etcd.Dir()+"/data"))
	s.etcd.Start(t)
	s.etcd.AwaitReady(t, func() bool { return healthy(s.etcd) })
	s.expectRegistered("coordinator", s.coordinator.GRPC)
	s.user.Kill()
	s.user = s.startBranch("user")
	s.expectRegistered("tag", s.tag.address)
	cid := s.signUp("cid", "chess")
	s.expectEnd(cid, "succeed")
	s.expectKept(cid, "cid", "chess")
}

// Each of them has the account of its own configuration; go-zero's API finds the coordinator with that of its targets.
func etcdAsksForPasswords(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.etcd = startEtcd(t)
	owner := account{"root", "a-password"}
	s.askEtcd("auth/user/add", owner.credentials(), "")
	s.askEtcd("auth/role/add", map[string]string{"name": "root"}, "")
	s.askEtcd("auth/user/grant", map[string]string{"user": "root", "role": "root"}, "")
	s.askEtcd("auth/enable", map[string]string{}, "")
	if answer := string(s.askEtcd("kv/range", map[string][]byte{"key": []byte("any")}, "")); !strings.Contains(answer, "user name is empty") {
		t.Fatalf("etcd lets in whoever comes: %s", answer)
	}
	s.account = owner
	s.startAll(etcdConfigured)
	ann := s.signUp("ann", "gardening")
	s.expectEnd(ann, "succeed")
	s.expectKept(ann, "ann", "gardening")
}

// Where DTM would serve unregistered for ever, the coordinator registers as soon as it can.
func coordinatorStartsBeforeEtcd(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.etcd = startEtcd(t)
	s.etcd.Kill()
	s.startCoordinator()
	s.etcd.Start(t)
	s.expectRegistered("coordinator", s.coordinator.GRPC)
}

// Clients have the time of the drain to go elsewhere.
func coordinatorThatDrainsIsNotFound(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startCoordinator()
	s.expectRegistered("coordinator", s.coordinator.GRPC)
	must(t, s.coordinator.Stop())
	if found := s.registered("coordinator"); len(found) != 0 {
		t.Errorf("still registered: %v", found)
	}
}

func targetsAreOfTheNewerForm(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startAll(builtByNewerGoZero)
	ann := s.signUp("ann", "gardening")
	s.expectEnd(ann, "succeed")
	s.expectKept(ann, "ann", "gardening")
	again := s.signUp("ann", "chess")
	s.expectEnd(again, "failed")
	s.expectKept(again, "", "")
}

// Whoever reads etcd with other means than go-zero's sees what it would see of DTM.
func coordinatorsKeyIsAsGoZeroMakesIts(t *testing.T, shared *servers) {
	s := newScene(t, shared)
	s.startCoordinator()
	s.expectRegistered("coordinator", s.coordinator.GRPC)
	if lease := s.registeredLease(); !isNumber(lease) {
		t.Errorf("the last part of the key is %q, not the lease in decimal", lease)
	}
}

// As docs/migrate-from-dtm.md says it: the old coordinator ends what it has begun, while clients are already at the new one,
// and the services work for both.
func clientsMoveToAnotherCoordinator(t *testing.T, shared *servers) {
	old := newScene(t, shared)
	old.startAll(etcdConfigured)
	old.user.Kill()
	ann := old.signUp("ann", "gardening")
	old.awaitFirstStep(ann)
	next := old.withOtherCoordinator()
	next.startCoordinator()
	next.startAPI(etcdConfigured)
	bob := next.signUp("bob", "chess")
	next.awaitFirstStep(bob)
	next.startBranch("user")
	old.expectEnd(ann, "succeed")
	next.expectEnd(bob, "succeed")
	old.expectKept(ann, "ann", "gardening")
	next.expectKept(bob, "bob", "chess")
	must(t, old.coordinator.Stop())
	cid := next.signUpAndWait("cid", "chess")
	next.expectKept(cid, "cid", "chess")
}

func isNumber(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

func (s *scene) registeredLease() string {
	s.Helper()
	return s.expectRegistered("coordinator", s.coordinator.GRPC)[0]
}

// awaitFirstStep returns when the tag is chosen: what is left is the call of the user service, in vain as yet.
func (s *scene) awaitFirstStep(who signup) {
	s.Helper()
	if !gokit.Eventually(20*time.Second, func() bool { return s.coordinator.Rows(s.T, who.Gid) == "PSPP" }) {
		s.Fatalf("the rows of %s are %s", who.Gid, s.coordinator.Rows(s.T, who.Gid))
	}
}
