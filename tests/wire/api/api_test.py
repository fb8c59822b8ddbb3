"""Asks the real coordinator through its own API. Every answer is held against the OpenAPI document that it serves."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "python"))

import jsonschema_rs  # noqa: E402
from business import Business, Coordinator, eventually  # noqa: E402

BY = {"actor": "ann@example.org", "reason": "booked by hand, ticket 99"}


class Service(Business):
    """A business service that can be broken and mended, as a whole."""

    def __init__(self):
        super().__init__()
        self.broken = False
        self.destination = self.url.removeprefix("http://")

    def answer(self, handler):
        if not self.broken:
            return super().answer(handler)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(handler.path).query))
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        with self.lock:
            self.ledger.append((query["gid"], f"{query['op']} {query['branch_id']}", b""))
        handler.send_response(500)
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(b"boom \xff\xfe!!!")
        return None


def strict(schema):
    """The schema, with members that it does not name forbidden."""
    if isinstance(schema, dict):
        schema = {name: strict(value) for name, value in schema.items()}
        if "properties" in schema and "type" in schema:
            schema.setdefault("additionalProperties", False)
    if isinstance(schema, list):
        schema = [strict(value) for value in schema]
    return schema


class Document:
    """Finds what the document says of an answer."""

    def __init__(self, text):
        self.whole = json.loads(text)
        self.components = {"components": strict({"schemas": self.whole["components"]["schemas"]})}

    def operation(self, method, path):
        parts = path.split("/")
        for template, methods in self.whole["paths"].items():
            wanted = template.split("/")
            if len(wanted) == len(parts) and all(a == b or a.startswith("{") for a, b in zip(wanted, parts)):
                if method.lower() in methods:
                    return methods[method.lower()]
        raise KeyError(f"the document has no {method} {path}")

    def check(self, method, path, status, answer):
        described = self.operation(method, path)["responses"][str(status)]
        if "$ref" in described:
            described = self.whole["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        schema = {**described["content"]["application/json"]["schema"], **self.components}
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(answer)


class Api:
    def __init__(self, root):
        self.root = root
        self.base = root + "/api/treaty/v1/"
        self.document = Document(self.raw("GET", "openapi.json")[1])

    def raw(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def ask(self, method, path, body=None):
        status, text = self.raw(method, path, body)
        answer = json.loads(text)
        self.document.check(method, "/api/treaty/v1/" + path.split("?")[0], status, answer)
        return status, answer

    def get(self, path, **query):
        status, answer = self.ask("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))
        assert status == 200, answer
        return answer

    def listed(self, **query):
        """The gids of every page."""
        gids, cursor = [], None
        while True:
            page = self.get("transactions", **query, **({"cursor": cursor} if cursor else {}))
            gids += [one["gid"] for one in page["transactions"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return gids

    def dtm(self, route, body):
        data = json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.root}/api/dtmsvr/{route}", data=data)) as answer:
            return answer.status

    def submit(self, gid, url, **more):
        steps = [{"action": f"{url}/Do", "compensate": f"{url}/Undo", **more.pop("step", {})}]
        body = {"gid": gid, "trans_type": "saga", "steps": steps, "payloads": ['{"amount":30}'],
                "request_timeout": 20, "retry_interval": 1, "retry_growth": 1, **more}
        assert self.dtm("submit", body) == 200


def path_of(gid, rest=""):
    return f"transactions/{urllib.parse.quote(gid, safe='')}{rest}"


class ApiOnTheRealCoordinator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="treaty-api-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.coordinator = Coordinator(os.environ["TREATYD"], cls.scratch.name)
        cls.api = Api(cls.coordinator.url.removesuffix("/api/dtmsvr"))

    @classmethod
    def tearDownClass(cls):
        code = cls.coordinator.stop()
        if code != 0:
            print(cls.coordinator.log_text(), file=sys.stderr)
            raise RuntimeError(f"the coordinator ended with {code}")

    def setUp(self):
        self.gid = self.id().rsplit(".", 1)[1]
        self.bank, self.shop = Service(), Service()

    def wait_until_stuck(self, gid):
        self.assertTrue(eventually(lambda: self.api.get(path_of(gid))["stuck"]), self.api.get(path_of(gid)))

    def kinds(self, gid):
        return [entry["kind"] for entry in self.api.get(path_of(gid, "/history"))["entries"]]

    def test_an_operator_finds_what_is_stuck_and_brings_it_to_its_end(self):
        """The list finds it, the history says why, a skip ends it, and who waits hears of it then and not before."""
        self.bank.broken = self.shop.broken = True
        self.api.submit(self.gid, self.bank.url)
        self.api.submit(self.gid + "-else", self.shop.url)
        self.wait_until_stuck(self.gid)
        self.wait_until_stuck(self.gid + "-else")
        self.assertEqual([self.gid], self.api.listed(stuck="true", destination=self.bank.destination))
        self.assertEqual([], self.api.listed(stuck="false", destination=self.bank.destination))

        seen = self.api.get(path_of(self.gid))
        action = next(one for one in seen["branches"] if one["op"] == "action")
        self.assertGreaterEqual(action["failures"], 3)
        self.assertEqual(13, action["payload_bytes"])
        self.assertEqual(1, seen["options"]["retry_growth"])
        self.assertIn("boom", seen["last_error"])
        calls = [one for one in self.api.get(path_of(self.gid, "/history"))["entries"] if one["kind"] == "called"]
        self.assertGreaterEqual(len(calls), 3)
        self.assertEqual({"unknown"}, {one["outcome"] for one in calls})
        self.assertIn("boom \ufffd", calls[0]["answer"])
        self.assertGreater(calls[0]["duration_ms"], 0)

        self.assertFalse(self.api.get(path_of(self.gid, "/wait"), timeout="200ms")["finished"])
        heard = []
        waiter = threading.Thread(target=lambda: heard.append(
            (self.api.get(path_of(self.gid, "/wait"), timeout="1m"), time.monotonic())))
        waiter.start()
        skip = path_of(self.gid, "/branches/01/action/skip")
        self.assertEqual(404, self.api.ask("POST", path_of(self.gid, "/branches/09/action/skip"), BY)[0])
        self.assertEqual(409, self.api.ask("POST", path_of(self.gid, "/branches/01/compensate/skip"), BY)[0])
        self.assertEqual([], heard)
        before = time.monotonic()
        status, after = self.api.ask("POST", skip, BY)
        self.assertEqual(200, status, after)
        waiter.join(30)
        self.assertFalse(waiter.is_alive())
        self.assertTrue(heard[0][0]["finished"])
        self.assertEqual("succeed", heard[0][0]["transaction"]["status"])
        self.assertGreaterEqual(heard[0][1], before)

        entries = self.api.get(path_of(self.gid, "/history"))["entries"]
        skipped = next(one for one in entries if one["kind"] == "operated")
        self.assertEqual(("skip", "01", "action", BY["actor"], BY["reason"]),
                         tuple(skipped[name] for name in ("action", "branch_id", "op", "actor", "reason")))
        self.assertEqual("created", entries[0]["kind"])
        self.assertEqual(("decided", "succeed"), (entries[-1]["kind"], entries[-1]["to"]))
        self.assertFalse(self.api.get(path_of(self.gid))["stuck"])
        self.assertEqual([], self.api.listed(stuck="true", destination=self.bank.destination))
        self.assertEqual(409, self.api.ask("POST", skip, BY)[0])
        self.api.ask("POST", path_of(self.gid + "-else", "/stop"), BY)

    def test_everybody_whom_a_service_held_up_is_retried_at_once(self):
        self.bank.broken = self.shop.broken = True
        held_up = [f"{self.gid}-{number}" for number in range(25)]
        for gid in held_up:
            self.api.submit(gid, self.bank.url, retry_interval=600, retry_growth=2)
        self.api.submit(self.gid + "-else", self.shop.url, retry_interval=600)
        for gid in held_up + [self.gid + "-else"]:
            self.assertTrue(eventually(lambda gid=gid: self.api.get(path_of(gid))["last_error"] != ""), gid)
        self.bank.broken = False
        answer, retried = {"next_cursor": None}, 0
        while True:
            body = {**BY, "filter": {"destination": self.bank.destination}, "limit": 10}
            if answer["next_cursor"]:
                body["cursor"] = answer["next_cursor"]
            status, answer = self.api.ask("POST", "transactions/retry", body)
            self.assertEqual((200, 0), (status, answer["refused"]))
            self.assertLessEqual(answer["retried"], 10)
            retried += answer["retried"]
            if answer["next_cursor"] is None:
                break
        self.assertEqual(25, retried)
        for gid in held_up:
            self.assertTrue(self.api.get(path_of(gid, "/wait"), timeout="20s")["finished"], gid)
        self.assertIn("operated", self.kinds(held_up[0]))
        self.assertNotIn("operated", self.kinds(self.gid + "-else"))
        self.assertEqual(400, self.api.ask("POST", "transactions/retry", {**BY, "filter": {}})[0])
        self.api.ask("POST", path_of(self.gid + "-else", "/stop"), BY)

    def test_one_is_retried_now(self):
        self.bank.broken = True
        self.api.submit(self.gid, self.bank.url, retry_interval=600)
        self.assertTrue(eventually(lambda: self.api.get(path_of(self.gid))["last_error"] != ""))
        self.bank.broken = False
        self.assertEqual(200, self.api.ask("POST", path_of(self.gid, "/retry"), BY)[0])
        self.assertEqual("succeed", self.api.get(path_of(self.gid, "/wait"), timeout="20s")["transaction"]["status"])
        operated = [one for one in self.api.get(path_of(self.gid, "/history"))["entries"] if one["kind"] == "operated"]
        self.assertEqual([("retry", BY["actor"])], [(one["action"], one["actor"]) for one in operated])

    def test_a_stop_is_for_good_and_has_a_name(self):
        self.bank.broken = True
        for gid in (self.gid, self.gid + "-dtm"):
            self.api.submit(gid, self.bank.url, retry_interval=600)
        status, after = self.api.ask("POST", path_of(self.gid, "/stop"), BY)
        self.assertEqual((200, "failed"), (status, after["status"]))
        self.assertIsNotNone(after["finished_at"])
        self.assertEqual(409, self.api.ask("POST", path_of(self.gid, "/stop"), BY)[0])
        self.assertEqual(409, self.api.ask("POST", path_of(self.gid, "/retry"), BY)[0])
        self.api.dtm("forceStop", {"gid": self.gid + "-dtm"})
        for gid, actor in ((self.gid, BY["actor"]), (self.gid + "-dtm", "dtm-api")):
            operated = next(one for one in self.api.get(path_of(gid, "/history"))["entries"] if one["kind"] == "operated")
            self.assertEqual(("force_stop", actor), (operated["action"], operated["actor"]))

    def test_cursors_meet_each_transaction_once_while_others_come(self):
        before = [f"{self.gid}-{number}" for number in range(60)]
        for gid in before:
            self.api.submit(gid, self.bank.url)
        seen, cursor, rounds = [], None, 0
        while True:
            query = {"gid_prefix": self.gid, "limit": 7, **({"cursor": cursor} if cursor else {})}
            page = self.api.get("transactions", **query)
            seen += [one["gid"] for one in page["transactions"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            rounds += 1
            self.api.submit(f"{self.gid}-new-{rounds}", self.bank.url)
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(list(reversed(before)), [gid for gid in seen if "-new-" not in gid], "newest first")
        self.assertGreaterEqual(rounds, 8)

    def test_filters_narrow_together(self):
        self.api.submit(self.gid + "-a", self.bank.url)
        self.api.submit(self.gid + "-b", self.shop.url)
        for gid in ("-a", "-b"):
            self.assertTrue(self.api.get(path_of(self.gid + gid, "/wait"), timeout="20s")["finished"])
        both = {"gid_prefix": self.gid}
        created = self.api.get(path_of(self.gid + "-b"))["created_at"]
        self.assertEqual([self.gid + "-b", self.gid + "-a"], self.api.listed(**both))
        self.assertEqual([self.gid + "-b"], self.api.listed(**both, created_from=created))
        self.assertEqual([self.gid + "-b", self.gid + "-a"], self.api.listed(**both, created_to=created))
        self.assertEqual([self.gid + "-a"], self.api.listed(**both, destination=self.bank.destination, limit=1))
        self.assertEqual([], self.api.listed(**both, status="failed"))
        self.assertEqual([], self.api.listed(**both, type="msg"))
        self.assertEqual(2, len(self.api.listed(**both, status="succeed", type="saga", stuck="false")))
        for query in ("cursor=zz", "limit=0", "colour=red", "stuck=maybe", "created_from=yesterday"):
            self.assertEqual(400, self.api.ask("GET", "transactions?" + query)[0], query)

    def test_a_gid_may_hold_any_characters(self):
        for gid in ("retry", f"{self.gid}/a b+c?d#e%2F&f=\u00e4\u20ac", f"{self.gid}\x01\t\"'\\<>"):
            self.api.submit(gid, self.bank.url)
            told = self.api.get(path_of(gid, "/wait"), timeout="20s")
            self.assertEqual((gid, True), (told["transaction"]["gid"], told["finished"]))
            self.assertEqual("created", self.kinds(gid)[0])
            self.assertEqual(gid, self.api.get(path_of(gid))["gid"])

    def test_what_is_not_there_is_404_and_what_is_wrong_is_400(self):
        for path in (path_of("none"), path_of("none", "/history"), path_of("none", "/wait")):
            self.assertEqual(404, self.api.ask("GET", path)[0])
        self.assertEqual(404, self.api.ask("POST", path_of("none", "/retry"), BY)[0])
        self.assertEqual(400, self.api.ask("POST", path_of("none", "/retry"), {"actor": "ann"})[0])

    def test_bad_additions_are_refused_and_nothing_is_stored(self):
        for more in ({"retry_growth": 0.5}, {"retry_jitter": 2}, {"notify_url": "ftp://x"}, {"retry_interval_max": -1},
                     {"step": {"request_timeout": "soon"}}):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.api.submit(self.gid, self.bank.url, **more)
            with refused.exception as error:
                self.assertEqual(500, error.code)
                self.assertIn(list(more.get("step", more))[0], json.load(error)["message"])
        self.assertEqual(404, self.api.ask("GET", path_of(self.gid))[0])

    def test_the_document_is_the_file(self):
        with open(os.path.join(ROOT, "admin", "openapi.json"), "rb") as file:
            self.assertEqual(file.read(), self.api.raw("GET", "openapi.json")[1])

    def test_a_published_tool_finds_no_answer_that_the_document_does_not_allow(self):
        """schemathesis asks what is described, and much that is not, and holds each answer against the document."""
        self.bank.broken = True
        self.api.submit("order-4711", self.bank.url, retry_interval=600)
        tool = os.path.join(os.path.dirname(sys.executable), "schemathesis")
        command = [tool, "--config-file", os.path.join(HERE, "schemathesis.toml"), "run", self.api.base + "openapi.json",
                   "--phases", "examples,coverage,fuzzing", "--max-failures", "20", "--url", self.api.root]
        ran = subprocess.run(command, cwd=self.scratch.name, capture_output=True, text=True, timeout=240, check=False)
        self.assertEqual(0, ran.returncode, ran.stdout[-12000:] + ran.stderr[-2000:])


class ApiAcrossRestarts(unittest.TestCase):
    """A coordinator of its own, which the test stops and starts again."""

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.scratch.name, "ports.json"))
        self.coordinator = Coordinator(os.environ["TREATYD"], self.scratch.name)
        self.api = Api(self.coordinator.url.removesuffix("/api/dtmsvr"))

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="treaty-api-")
        self.addCleanup(self.scratch.cleanup)
        self.start()
        self.addCleanup(lambda: self.coordinator.stop())

    def test_waits_are_answered_when_the_coordinator_stops_and_histories_go_on_after_it(self):
        bank = Service()
        bank.broken = True
        self.api.submit("w1", bank.url, retry_interval=600)
        self.assertTrue(eventually(lambda: self.api.get(path_of("w1"))["last_error"] != ""))
        told = []
        waiter = threading.Thread(target=lambda: told.append(self.api.ask("GET", path_of("w1", "/wait?timeout=5m"))))
        waiter.start()
        # The other wait began before this one, which takes its time.
        self.assertFalse(self.api.get(path_of("w1", "/wait"), timeout="300ms")["finished"])
        self.assertEqual(0, self.coordinator.stop())
        waiter.join(30)
        self.assertEqual([(503, "unavailable")], [(status, answer["error"]["code"]) for status, answer in told])

        bank.broken = False
        self.start()
        self.assertEqual(200, self.api.ask("POST", path_of("w1", "/retry"), BY)[0])
        self.assertTrue(self.api.get(path_of("w1", "/wait"), timeout="20s")["finished"])
        entries = self.api.get(path_of("w1", "/history"))["entries"]
        self.assertEqual(["created", "called", "operated", "called", "decided"], [one["kind"] for one in entries])
        self.assertEqual(["unknown", "success"], [one["outcome"] for one in entries if one["kind"] == "called"])
        times = [one["at"].rstrip("Z") for one in entries]
        self.assertEqual(sorted(times), times)


if __name__ == "__main__":
    unittest.main(verbosity=2)
