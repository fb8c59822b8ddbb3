// Package gozero runs a sign-up made of real go-zero services against the real coordinator: they find each other through a
// real etcd, keep what they do behind the library's barrier in a real MariaDB, and take ids from a real Redis.
package gozero

import (
	"bytes"
	"database/sql"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"treaty/tests/wire/gokit"
)

//go:embed schema.sql
var schema string

// barrierSchema is the one that we offer to users.
const barrierSchema = "../../../deploy/compose/mariadb/barrier.sql"

// patience is for calls between processes that are there: however busy the machine, none is given up and repeated.
const patience = 20 * time.Second

// servers are what the scenes share.
type servers struct {
	mariaDB, redis, etcd *gokit.Server
	database             *sql.DB
}

func startServers(t *testing.T) *servers {
	s := &servers{mariaDB: gokit.StartServer(t, gokit.MariaDB), redis: gokit.StartServer(t, gokit.Redis), etcd: startEtcd(t)}
	s.database = open(t, s.mariaDB, "")
	s.mariaDB.AwaitReady(t, func() bool { return s.database.Ping() == nil })
	barrier, err := os.ReadFile(barrierSchema)
	must(t, err)
	execute(t, s.database, string(barrier))
	s.redis.AwaitReady(t, func() bool { return listens(s.redis.Address()) })
	return s
}

func startEtcd(t *testing.T) *gokit.Server {
	etcd := gokit.StartServer(t, gokit.Etcd)
	etcd.AwaitReady(t, func() bool { return healthy(etcd) })
	return etcd
}

func open(t *testing.T, mariaDB *gokit.Server, name string) *sql.DB {
	database, err := sql.Open("mysql", dataSource(mariaDB, name))
	must(t, err)
	t.Cleanup(func() { database.Close() })
	return database
}

func dataSource(mariaDB *gokit.Server, name string) string {
	return fmt.Sprintf("root@tcp(%s)/%s", mariaDB.Address(), name)
}

func execute(t *testing.T, database *sql.DB, statements string) {
	for _, statement := range strings.Split(statements, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := database.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func healthy(etcd *gokit.Server) bool {
	answer, err := http.Get("http://" + etcd.Address() + "/health")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func listens(address string) bool {
	connection, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	connection.Close()
	return true
}

// scene is one coordinator, a user service, a tag service and the API, with names in etcd and a database of their own.
type scene struct {
	*testing.T
	servers
	name           string
	dir            string
	database       *sql.DB
	coordinator    gokit.Coordinator
	coordinatorKey string
	account        account
	user, tag      *service
	api            *service
}

// account is what an etcd with authentication asks for; without a name it asks for nothing.
type account struct{ name, password string }

// service is a go-zero process.
type service struct {
	gokit.Process
	address string
}

func newScene(t *testing.T, shared *servers) *scene {
	name := strings.ToLower(filepath.Base(t.Name()))
	s := &scene{T: t, servers: *shared, dir: t.TempDir(), name: name, coordinatorKey: "coordinator"}
	_, err := shared.database.Exec("create database " + s.name)
	must(t, err)
	s.database = open(t, s.mariaDB, s.name)
	execute(t, s.database, schema)
	return s
}

func (s *scene) startAll(target func(s *scene, service string) string) {
	s.user = s.startBranch("user")
	s.tag = s.startBranch("tag")
	s.startCoordinator()
	s.startAPI(target)
	s.expectRegistered("user", s.user.address)
	s.expectRegistered("tag", s.tag.address)
	s.expectRegistered(s.coordinatorKey, s.coordinator.GRPC)
}

// key is a service's name in etcd.
func (s *scene) key(service string) string { return s.name + "." + service }

// withOtherCoordinator is the same scene, but what it starts is found and kept elsewhere.
func (s *scene) withOtherCoordinator() *scene {
	other := *s
	other.dir, other.coordinatorKey, other.coordinator = s.TempDir(), "othercoordinator", gokit.Coordinator{}
	return &other
}

// startCoordinator starts it for the first time, or again at another port: where it is now, only etcd can tell.
func (s *scene) startCoordinator() {
	s.Helper()
	port := gokit.MustFreePort(s.T)
	s.coordinator.Dir = s.dir
	s.coordinator.GRPCPort = port
	s.coordinator.CallLimit = patience
	target := s.coordinatorTarget()
	if s.account.name != "" {
		target += fmt.Sprintf("?user=%s&password=%s", s.account.name, s.account.password)
	}
	s.coordinator.Options = fmt.Sprintf("MicroService:\n  Driver: dtm-driver-gozero\n  Target: %s\n  EndPoint: %s\n",
		target, gokit.Local(port))
	must(s.T, s.coordinator.Start())
	s.Cleanup(func() {
		s.coordinator.Kill()
		if s.Failed() {
			s.Logf("the coordinator's log:\n%s", s.coordinator.LogTail())
		}
	})
}

func (s *scene) coordinatorTarget() string {
	return fmt.Sprintf("etcd://%s/%s", s.etcd.Address(), s.key(s.coordinatorKey))
}

func (s *scene) startBranch(kind string) *service {
	s.Helper()
	address := gokit.Local(gokit.MustFreePort(s.T))
	return s.startService(kind, address, map[string]any{
		"Name": kind, "ListenOn": address, "DataSource": dataSource(s.mariaDB, s.name), "Timeout": patience.Milliseconds(),
		"Etcd": s.etcdConfig(kind),
	})
}

func (s *scene) etcdConfig(service string) map[string]any {
	config := map[string]any{"Hosts": []string{s.etcd.Address()}, "Key": s.key(service)}
	if s.account.name != "" {
		config["User"], config["Pass"] = s.account.name, s.account.password
	}
	return config
}

// etcdConfigured has go-zero build the target; builtByNewerGoZero is the form that newer versions build.
func etcdConfigured(*scene, string) string { return "" }

func builtByNewerGoZero(s *scene, service string) string {
	return fmt.Sprintf("etcd:///%s?key=%s", s.etcd.Address(), s.key(service))
}

func (s *scene) startAPI(target func(s *scene, service string) string) {
	s.Helper()
	client := func(service string) map[string]any {
		if text := target(s, service); text != "" {
			return map[string]any{"Target": text}
		}
		return map[string]any{"Etcd": s.etcdConfig(service)}
	}
	port := gokit.MustFreePort(s.T)
	s.api = s.startService("signup", gokit.Local(port), map[string]any{
		"Name": "signup", "Host": "127.0.0.1", "Port": port, "Timeout": patience.Milliseconds(), "Coordinator": s.coordinatorTarget(),
		"User": client("user"), "Tag": client("tag"), "Ids": map[string]any{"Host": s.redis.Address()},
	})
}

// startService runs the command of ./scene, which SCENE names. Whatever the machine has to do, it sheds no load.
func (s *scene) startService(kind, address string, config map[string]any) *service {
	s.Helper()
	config["CpuThreshold"] = 0
	config["Log"] = map[string]any{"Stat": false}
	text, err := json.Marshal(config)
	must(s.T, err)
	file := filepath.Join(s.dir, fmt.Sprintf("%s-%s.json", kind, address))
	must(s.T, os.WriteFile(file, text, 0o600))
	started := &service{gokit.Process{Command: []string{os.Getenv("SCENE"), kind, "-f", file}, Dir: s.dir, Log: file + ".log"}, address}
	s.run(kind, started)
	return started
}

// run starts a service, waits until it listens, and ends it with the test.
func (s *scene) run(kind string, started *service) {
	s.Helper()
	must(s.T, started.Start())
	s.Cleanup(func() {
		started.Kill()
		if s.Failed() {
			s.Logf("the log of %s at %s:\n%s", kind, started.address, started.LogTail())
		}
	})
	if !gokit.Eventually(20*time.Second, func() bool { return listens(started.address) }) {
		s.Fatalf("%s does not listen at %s; its log:\n%s", kind, started.address, started.LogTail())
	}
}

// startTagInCpp runs the C++ service of ./tag_in_cpp, which TAG_IN_CPP names, and has it found as go-zero services are.
func (s *scene) startTagInCpp() *service {
	s.Helper()
	port := gokit.MustFreePort(s.T)
	started := &service{gokit.Process{Command: []string{os.Getenv("TAG_IN_CPP"), gokit.Local(port), "127.0.0.1",
		fmt.Sprint(s.mariaDB.Port), s.name}, Dir: s.dir, Log: filepath.Join(s.dir, "tag-in-cpp.log")}, gokit.Local(port)}
	s.run("the tag service in C++", started)
	s.etcdRequest("put", map[string][]byte{"key": []byte(s.key("tag") + "/1"), "value": []byte(started.address)})
	return started
}

// replaceTag has what `start` starts do the work of the tag service from now on.
func (s *scene) replaceTag(start func() *service) {
	s.Helper()
	s.tag.Kill()
	s.etcdRequest("deleterange", map[string][]byte{"key": []byte(s.key("tag") + "/"), "range_end": []byte(s.key("tag") + "0")})
	s.tag = start()
	s.expectRegistered("tag", s.tag.address)
}

// leave is how go-zero services end: they take their key out of etcd, then wait some seconds for their clients to notice.
func (v *service) leave(t *testing.T) {
	t.Helper()
	must(t, v.Stop(syscall.SIGTERM, 20*time.Second))
}

// registered are the keys of a service in etcd, and the addresses under them.
func (s *scene) registered(service string) map[string]string {
	prefix := s.key(service) + "/"
	text := s.etcdRequest("range", map[string][]byte{"key": []byte(prefix), "range_end": []byte(s.key(service) + "0")}) // '0' follows '/'
	var found struct{ Kvs []struct{ Key, Value []byte } }
	if json.Unmarshal(text, &found) != nil {
		return nil
	}
	addresses := map[string]string{}
	for _, pair := range found.Kvs {
		addresses[strings.TrimPrefix(string(pair.Key), prefix)] = string(pair.Value)
	}
	return addresses
}

// etcdRequest answers nothing when etcd does not.
func (s *scene) etcdRequest(operation string, body map[string][]byte) []byte {
	token := ""
	if s.account.name != "" {
		var allowed struct{ Token string }
		_ = json.Unmarshal(s.askEtcd("auth/authenticate", s.account.credentials(), ""), &allowed)
		token = allowed.Token
	}
	return s.askEtcd("kv/"+operation, body, token)
}

func (a account) credentials() map[string]string {
	return map[string]string{"name": a.name, "password": a.password}
}

func (s *scene) askEtcd(path string, body any, token string) []byte {
	encoded, _ := json.Marshal(body)
	request, err := http.NewRequest(http.MethodPost, "http://"+s.etcd.Address()+"/v3/"+path, bytes.NewReader(encoded))
	must(s.T, err)
	if token != "" {
		request.Header.Set("Authorization", token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return text
}

// expectRegistered waits until these and no other addresses are there, and returns the keys' last parts, the leases.
func (s *scene) expectRegistered(service string, addresses ...string) (leases []string) {
	s.Helper()
	var found map[string]string
	matches := func() bool {
		found, leases = s.registered(service), nil
		wanted := map[string]bool{}
		for _, address := range addresses {
			wanted[address] = true
		}
		for lease, address := range found {
			leases = append(leases, lease)
			if !wanted[address] {
				return false
			}
		}
		return found != nil && len(found) == len(addresses)
	}
	if !gokit.Eventually(30*time.Second, matches) {
		s.Fatalf("registered for %s is %v, not %v", service, found, addresses)
	}
	return leases
}

// signup is what the API answers.
type signup struct {
	ID      int64
	Gid     string
	Outcome string
}

func (s *scene) trySignUp(name, tag string, wait bool) (signup, error) {
	body, _ := json.Marshal(map[string]any{"name": name, "tag": tag, "wait": wait})
	answer, err := http.Post("http://"+s.api.address+"/signup", "application/json", bytes.NewReader(body))
	if err != nil {
		return signup{}, err
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	var found signup
	if answer.StatusCode != http.StatusOK || json.Unmarshal(text, &found) != nil {
		return found, fmt.Errorf("%d %s", answer.StatusCode, text)
	}
	return found, nil
}

func (s *scene) signUp(name, tag string) signup {
	s.Helper()
	found, err := s.trySignUp(name, tag, false)
	must(s.T, err)
	return found
}

func (s *scene) signUpAndWait(name, tag string) signup {
	s.Helper()
	found, err := s.trySignUp(name, tag, true)
	must(s.T, err)
	return found
}

func (s *scene) expectEnd(who signup, end string) {
	s.Helper()
	if !gokit.Eventually(30*time.Second, func() bool { return s.coordinator.StatusOf(s.T, who.Gid) == end }) {
		s.Fatalf("%s is %s, not %s; the services saw: %s", who.Gid, s.coordinator.StatusOf(s.T, who.Gid), end, s.story(who))
	}
}

// expectKept says what both services keep of a user: name and tag, or nothing.
func (s *scene) expectKept(who signup, name, tag string) {
	s.Helper()
	if kept := s.text("select name from users where id = ?", who.ID); kept != name {
		s.Errorf("the user service keeps %q of user %d, not %q", kept, who.ID, name)
	}
	if kept := s.text("select tag from tags where user_id = ?", who.ID); kept != tag {
		s.Errorf("the tag service keeps %q of user %d, not %q", kept, who.ID, tag)
	}
}

// story is every branch call of a sign-up that reached a service.
func (s *scene) story(who signup) string {
	s.Helper()
	return s.text("select method from calls where gid = ? order by id", who.Gid)
}

func (s *scene) expectStory(who signup, story string) {
	s.Helper()
	if seen := s.story(who); seen != story {
		s.Errorf("the services saw %q, not %q", seen, story)
	}
}

func (s *scene) instances() string {
	s.Helper()
	return s.text("select distinct instance from users order by instance")
}

// text is the first column of what a query finds.
func (s *scene) text(query string, arguments ...any) string {
	s.Helper()
	rows, err := s.database.Query(query, arguments...)
	must(s.T, err)
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		must(s.T, rows.Scan(&text))
		found = append(found, text)
	}
	must(s.T, rows.Err())
	return strings.Join(found, ", ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
