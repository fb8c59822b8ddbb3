"""A coordinator process and a business service, as far as the tests of the Python client need them."""

import http.server
import json
import os
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request

CONFIG = """HttpPort: 0
GrpcPort: 0
RetryInterval: 1
RequestTimeout: 1
LogLevel: warn
Store:
  Path: {directory}/data
"""


def eventually(holds, limit=20):
    """Asks until it holds or the limit in seconds is over."""
    deadline = time.monotonic() + limit
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Coordinator:
    """The binary under test, on a directory of its own."""

    def __init__(self, binary, directory):
        config, ports = os.path.join(directory, "treatyd.yml"), os.path.join(directory, "ports.json")
        self.log = os.path.join(directory, "treatyd.log")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(directory=directory))
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen([binary, "-c", config, "--ports-file", ports], stdout=log, stderr=log)
        if not eventually(lambda: os.path.exists(ports) or self.child.poll() is not None, 30) or self.child.poll() is not None:
            self.child.kill()
            raise RuntimeError(f"{binary} did not become ready; its log:\n{self.log_text()}")
        with open(ports, encoding="utf-8") as file:
            self.url = f"http://127.0.0.1:{json.load(file)['http']}/api/dtmsvr"

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise

    def query(self, gid):
        with urllib.request.urlopen(f"{self.url}/query?gid={urllib.parse.quote(gid)}") as answer:
            return json.load(answer)

    def status(self, gid):
        transaction = self.query(gid)["transaction"]
        return transaction["status"] if transaction else "absent"

    def rows(self, gid):
        """The branch rows' statuses in stored order by their first letters: PSPS."""
        return "".join(row["status"][0].upper() for row in self.query(gid)["branches"])


class Business:
    """Behaves by the name of the called method and keeps a ledger of (gid, "op branch", body)."""

    def __init__(self):
        business = self
        self.ledger = []
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                business.answer(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler):
        where = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(where.query))
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        entry = (query["gid"], f"{query['op']} {query['branch_id']}", body)
        with self.lock:
            first = all(one[:2] != entry[:2] for one in self.ledger)
            self.ledger.append(entry)
        name = where.path.strip("/")
        status, text = 200, '{"dtm_result":"SUCCESS"}'
        if name == "Refuse":
            status, text = 409, "no-money"
        elif name == "OngoingOnce" and first:
            status, text = 425, "not yet"
        elif name == "BrokenOnce" and first:
            status, text = 500, "boom"
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text.encode())

    def story(self, gid):
        with self.lock:
            return ", ".join(what for whose, what, _ in self.ledger if whose == gid)

    def bodies(self, gid):
        with self.lock:
            return [body for whose, _, body in self.ledger if whose == gid]
