package wire

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"treaty/tests/wire/gokit"
)

// alert is what the alert web-hook is told.
type alert struct {
	Gid, Branch, Status, Error string
	RetryCount                 int `json:"retry_count"`
}

// alarm is a web-hook that accepts everything and remembers it.
type alarm struct {
	url   string
	mutex sync.Mutex
	told  []alert
}

func newAlarm(t *testing.T) *alarm {
	t.Helper()
	a := &alarm{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var one alert
		if err := json.NewDecoder(r.Body).Decode(&one); err != nil || r.Method != http.MethodPost {
			t.Errorf("the web-hook was told by %s, with %v", r.Method, err)
		}
		a.mutex.Lock()
		defer a.mutex.Unlock()
		a.told = append(a.told, one)
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *alarm) of(gid string) []alert {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var alerts []alert
	for _, one := range a.told {
		if one.Gid == gid {
			alerts = append(alerts, one)
		}
	}
	return alerts
}

// Operators hear of a message that nobody takes at the third failure in a row; it is delivered all the same.
func TestMsgWebhook(t *testing.T) {
	a := newAlarm(t)
	withConfiguredDaemon(t, "RetryGrowth: 1\nAlertWebHook: "+a.url+"\n", func(t *testing.T, d door) {
		m := d.message(d.newGid(), "BrokenThrice")
		must(t, m.submit())
		d.expectEnd(t, m.Gid, "succeed", "S")
		expectStory(t, m.Gid, "action 01, action 01, action 01, action 01")
		if !gokit.Eventually(10*time.Second, func() bool { return len(a.of(m.Gid)) > 0 }) {
			t.Fatal("the web-hook was told nothing")
		}
		alerts := a.of(m.Gid)
		one := alerts[0]
		if len(alerts) != 1 || one.RetryCount != 3 || one.Status != "submitted" || one.Branch != d.url("BrokenThrice") ||
			one.Error == "" {
			t.Errorf("the web-hook was told %+v", alerts)
		}
	})
}

// A web-hook that nobody answers at changes nothing for the message.
func TestMsgWebhookError(t *testing.T) {
	withConfiguredDaemon(t, "RetryGrowth: 1\nAlertWebHook: http://127.0.0.1:1/alert\n", func(t *testing.T, d door) {
		m := d.message(d.newGid(), "BrokenThrice")
		must(t, m.submit())
		d.expectEnd(t, m.Gid, "succeed", "S")
	})
}
