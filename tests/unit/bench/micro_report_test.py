#!/usr/bin/env python3
"""bench/micro.py on reports whose figures are known."""
import contextlib
import copy
import io
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../bench"))
sys.dont_write_bytecode = True
import micro  # noqa: E402


def figures(ns, allocations=0.0, least=None):
    return {"ns": ns, "ns_least": ns if least is None else least, "ns_most": ns, "wall_ns": ns,
            "allocations": allocations}


BEFORE = {"taken": "2026-01-01", "benchmarks": {
    "calibration/cpu": figures(2.0), "calibration/memory": figures(50.0),
    "wire/read": figures(100.0, 3.0), "store/write": figures(4_000.0, 900.0)}}


def changed(**by_name):
    after = copy.deepcopy(BEFORE)
    after["taken"] = "2026-01-02"
    for name, values in by_name.items():
        after["benchmarks"][name.replace("__", "/")] = values
    return after


def verdicts(after, worse_than=15):
    return {name: what for name, _, _, _, what in micro.judge(BEFORE, after, worse_than) if what}


def compare(before, after, *options):
    """Exit code and text of the whole command."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as text, \
            contextlib.redirect_stderr(text):
        paths = [os.path.join(folder, name) for name in ("before.json", "after.json")]
        for path, report in zip(paths, (before, after)):
            micro.store(report, path)
        return micro.main(["compare", *paths, *options]), text.getvalue()


class Comparison(unittest.TestCase):
    def test_marks_what_is_slower_than_the_limit_and_nothing_else(self):
        self.assertEqual(verdicts(BEFORE), {})
        self.assertEqual(verdicts(changed(wire__read=figures(114.0, 3.0))), {})
        self.assertEqual(verdicts(changed(wire__read=figures(116.0, 3.0))), {"wire/read": ["slower"]})
        self.assertEqual(verdicts(changed(wire__read=figures(116.0, 3.0)), worse_than=20), {})

    # A neighbour that disturbs some repetitions moves the median; what the code costs shows in the fastest one, too.
    def test_does_not_mark_what_was_as_fast_as_before_at_times(self):
        self.assertEqual(verdicts(changed(wire__read=figures(130.0, 3.0, least=101.0))), {})

    def test_takes_a_slower_machine_out_of_the_figures(self):
        slow_machine = {"calibration__cpu": figures(3.0), "calibration__memory": figures(75.0)}
        self.assertEqual(verdicts(changed(**slow_machine, wire__read=figures(150.0, 3.0),
                                          store__write=figures(6_000.0, 900.0))), {})
        # As fast as before, on a machine that is faster: that is slower.
        fast_machine = {"calibration__cpu": figures(1.0), "calibration__memory": figures(25.0)}
        self.assertEqual(verdicts(changed(**fast_machine)), {"wire/read": ["slower"], "store/write": ["slower"]})

    def test_weighs_both_calibrations_alike(self):
        ratios, mean = micro.slowdown(BEFORE, changed(calibration__cpu=figures(8.0)))
        self.assertEqual(ratios, [4.0, 1.0])
        self.assertAlmostEqual(mean, 2.0)

    def test_marks_more_allocations_but_not_a_buffer_that_grew(self):
        self.assertEqual(verdicts(changed(wire__read=figures(100.0, 3.4))), {})
        self.assertEqual(verdicts(changed(wire__read=figures(100.0, 4.0))), {"wire/read": ["allocates more"]})
        self.assertEqual(verdicts(changed(store__write=figures(4_000.0, 910.0))), {})

    def test_believes_only_what_is_slower_twice(self):
        first = verdicts(changed(wire__read=figures(150.0, 4.0), store__write=figures(5_000.0, 900.0)))
        again = changed(wire__read=figures(101.0, 4.0), store__write=figures(5_000.0, 900.0))
        self.assertEqual(micro.repeated(first, BEFORE, again, 15),
                         {"wire/read": ["allocates more"], "store/write": ["slower"]})


class Command(unittest.TestCase):
    def test_ends_with_1_when_something_is_marked_and_says_what(self):
        code, text = compare(BEFORE, BEFORE)
        self.assertEqual(code, 0, text)
        self.assertIn("nothing is more than 15 % slower", text)
        code, text = compare(BEFORE, changed(wire__read=figures(200.0, 3.0)))
        self.assertEqual(code, 1, text)
        self.assertIn("wire/read: slower", text)
        self.assertEqual(compare(BEFORE, changed(wire__read=figures(200.0, 3.0)), "--worse-than", "110")[0], 0)

    def test_names_what_only_one_report_has(self):
        after = changed(wire__write=figures(7.0))
        del after["benchmarks"]["wire/read"]
        code, text = compare(BEFORE, after)
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"wire/read +not measured any more")
        self.assertRegex(text, r"wire/write +new")

    def test_refuses_reports_without_calibration(self):
        after = changed()
        del after["benchmarks"]["calibration/memory"]
        code, text = compare(BEFORE, after)
        self.assertEqual(code, 2, text)
        self.assertIn("calibration/memory", text)


class Condensing(unittest.TestCase):
    @staticmethod
    def repetition(name, items_per_second, **more):
        return {"name": name, "run_name": name, "run_type": "iteration", "items_per_second": items_per_second,
                "cpu_time": 10.0, "real_time": 30.0, "allocations": 2.004, **more}

    def report(self, *repetitions):
        context = {"date": "2026-01-02T03:04:05+00:00", "num_cpus": 2, "mhz_per_cpu": 2_000, "load_avg": [0.1]}
        return json.loads(json.dumps({"context": context, "benchmarks": list(repetitions)}))

    def test_takes_the_median_for_each_item_of_all_repetitions(self):
        name = "store/create/batch:16/synced:1/process_time"
        mean = {"name": name + "_mean", "run_name": name, "run_type": "aggregate", "items_per_second": 1.0}
        report = micro.condense(self.report(*(self.repetition(name, rate) for rate in (1e6, 2e6, 5e5)), mean))
        self.assertEqual(report["taken"], "2026-01-02")
        self.assertEqual(report["repetitions"], 3)
        self.assertEqual(report["benchmarks"], {"store/create/batch:16/synced:1": {
            "ns": 1_000.0, "ns_least": 500.0, "ns_most": 2_000.0, "wall_ns": 3_000.0, "allocations": 2.0}})

    def test_refuses_a_run_in_which_a_benchmark_failed(self):
        broken = self.repetition("wire/read", 0.0, error_occurred=True, error_message="the body was refused")
        with self.assertRaisesRegex(micro.NotComparable, "the body was refused"):
            micro.condense(self.report(broken))


if __name__ == "__main__":
    unittest.main()
