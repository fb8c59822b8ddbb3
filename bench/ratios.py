#!/usr/bin/env python3
"""What each mode costs beside the two-branch HTTP saga, in one sitting.

Runs treaty-bench in turns, A B C, A B C, ..., so that all of them meet the same neighbours, and prints the median of
each figure and of each turn's ratio to the saga of the same turn.

    bench/ratios.py build/release/bin/treaty-bench build/release/bin/treatyd [--in-flight 256] [--turns 5] [FORM ...]
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile

SAGA = "saga"
FORMS = ["saga --rollback", "saga --branches 10", "saga --branches 10 --concurrent", "message", "message --branches 2",
         "tcc", "tcc --rollback", "workflow", "saga --protocol grpc", "message --protocol grpc", "tcc --protocol grpc"]


def run(options, form):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        command = [options.bench, *form.split(), "--treatyd", options.treatyd, "-k", str(options.in_flight),
                   "-d", str(options.seconds), "-w", "1", "--json", report.name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.load(report)


def line(form, reports, sagas):
    def middle(figure):
        figures = [report["coordinator"][figure] for report in reports]
        return "-" if None in figures else f"{statistics.median(figures):.1f}"

    def ratio(figure):
        pairs = [(mine["coordinator"][figure], saga["coordinator"][figure]) for mine, saga in zip(reports, sagas)]
        return "-" if any(mine is None for mine, _ in pairs) else f"{statistics.median(m / s for m, s in pairs):.2f}"

    rate = statistics.median(report["per_second"] for report in reports)
    return (f"{form:32} {rate:9.0f} {middle('cpu_us_per_transaction'):>8} {middle('cpu_us_per_exchange'):>8}"
            f" {ratio('cpu_us_per_exchange'):>6} {middle('cpu_us_per_branch_call'):>8}"
            f" {ratio('cpu_us_per_branch_call'):>6}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench")
    parser.add_argument("treatyd")
    parser.add_argument("forms", nargs="*", metavar="FORM", help='as in "saga --rollback"')
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    forms = [SAGA, *(options.forms or FORMS)]
    reports = {form: [] for form in forms}
    for _ in range(options.turns):
        for form in forms:
            reports[form].append(run(options, form))
    print(f"{options.in_flight} in flight; coordinator CPU in us; ratios to the saga")
    print(f"{'':32} {'a second':>9} {'CPU each':>8} {'exchange':>8} {'ratio':>6} {'b. call':>8} {'ratio':>6}")
    for form in forms:
        print(line(form, reports[form], reports[SAGA]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
