"""Runs the published Python client of DTM against the real coordinator binary."""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

from business import Business, Coordinator, eventually
from dtmcli import msg, saga, tcc, utils

PAYLOAD = {"amount": 30}


class PythonClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="treaty-python-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.coordinator = Coordinator(os.environ["TREATYD"], cls.scratch.name)
        cls.business = Business()

    @classmethod
    def tearDownClass(cls):
        code = cls.coordinator.stop()
        if code != 0:
            print(cls.coordinator.log_text(), file=sys.stderr)
            raise RuntimeError(f"the coordinator ended with {code}")

    def setUp(self):
        self.gid = utils.gen_gid(self.coordinator.url)

    def url(self, name):
        return f"{self.business.url}/{name}"

    def expect(self, status, rows, story):
        reached = eventually(lambda: self.coordinator.status(self.gid) == status)
        self.assertTrue(reached, f"{self.coordinator.query(self.gid)}, the branches saw: {self.business.story(self.gid)}")
        self.assertEqual(rows, self.coordinator.rows(self.gid))
        self.assertEqual(story, self.business.story(self.gid))

    def saga(self, *actions):
        made = saga.Saga(self.coordinator.url, self.gid)
        for action in actions:
            made.add(PAYLOAD, self.url(action), self.url("Undo"))
        return made

    def msg(self, *actions):
        made = msg.Msg(self.coordinator.url, self.gid)
        for action in actions:
            made.add(PAYLOAD, self.url(action))
        return made

    def tcc(self, *tries, confirm="Confirm", cancel="Cancel"):
        def run(transaction):
            for one in tries:
                transaction.call_branch(PAYLOAD, self.url(one), self.url(confirm), self.url(cancel))

        # The client prints the error of a transaction that fails, and swallows it.
        with contextlib.redirect_stderr(io.StringIO()):
            return tcc.tcc_global_transaction(self.coordinator.url, self.gid, run)

    def test_saga_commits(self):
        self.saga("Ok", "OngoingOnce", "BrokenOnce").submit()
        self.expect("succeed", "PSPSPS", "action 01, action 02, action 02, action 03, action 03")
        self.assertEqual([PAYLOAD] * 5, [json.loads(body) for body in self.business.bodies(self.gid)])

    def test_saga_rolls_back(self):
        self.saga("Ok", "Refuse").submit()
        self.expect("failed", "SSSF", "action 01, action 02, compensate 02, compensate 01")

    def test_saga_waits_for_failure(self):
        made = self.saga("Ok", "Refuse")
        made.trans_base.wait_result = True
        with self.assertRaises(utils.DTMFailureError):
            made.submit()
        self.assertEqual("failed", self.coordinator.status(self.gid))

    def test_saga_submitted_after_its_end_is_an_error(self):
        made = self.saga("Ok")
        made.trans_base.wait_result = True
        made.submit()
        with self.assertRaises(utils.DTMFailureError):
            made.submit()

    def test_tcc_confirms(self):
        self.assertEqual(self.gid, self.tcc("Ok", "Ok", confirm="BrokenOnce"))
        self.expect("succeed", "PSPS", "try 01, try 02, confirm 02, confirm 02, confirm 01, confirm 01")
        self.assertEqual([PAYLOAD] * 6, [json.loads(body) for body in self.business.bodies(self.gid)])

    def test_tcc_cancels(self):
        self.assertEqual("", self.tcc("Ok", "Refuse", cancel="OngoingOnce"))
        self.expect("failed", "SPSP", "try 01, try 02, cancel 02, cancel 02, cancel 01, cancel 01")

    def test_msg_is_delivered(self):
        made = self.msg("Ok", "BrokenOnce")
        made.prepare(self.url("Ok"))
        self.assertEqual("prepared", self.coordinator.status(self.gid))
        made.submit()
        self.expect("succeed", "SS", "action 01, action 02, action 02")

    def test_msg_waits_for_the_result(self):
        self.msg("Ok").set_wait_result().submit()
        self.assertEqual("succeed", self.coordinator.status(self.gid))

    def test_msg_of_a_committed_business(self):
        self.msg("Ok").do_and_submit(self.url("Unasked"), lambda barrier: None)
        self.expect("succeed", "S", "action 01")

    def test_msg_of_a_refused_business(self):
        def refuse(barrier):
            raise utils.DTMFailureError("no money")

        with self.assertRaises(utils.DTMFailureError):
            self.msg("Ok").do_and_submit(self.url("Unasked"), refuse)
        self.expect("failed", "P", "")

    def test_msg_of_a_business_that_is_asked_for(self):
        def lose(barrier):
            raise ConnectionError("lost")

        with self.assertRaises(ConnectionError):
            self.msg("Ok").do_and_submit(self.url("Ok"), lose)
        self.expect("succeed", "S", "msg 00, action 01")

    def test_msg_of_a_dead_sender(self):
        for query, status, rows, story in (
            ("Ok", "succeed", "S", "msg 00, action 01"),
            ("Refuse", "failed", "P", "msg 00"),
        ):
            with self.subTest(query):
                self.gid = utils.gen_gid(self.coordinator.url)
                made = self.msg("Ok")
                made.trans_base.timeout_to_fail = 1
                made.prepare(self.url(query))
                self.expect(status, rows, story)


if __name__ == "__main__":
    unittest.main()
