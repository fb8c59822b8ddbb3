#!/usr/bin/env python3
"""Runs the micro benchmarks, and compares reports of them.

    bench/micro.py run build/release/bin/micro_bench report.json      # about two minutes
    bench/micro.py compare before.json after.json
    bench/micro.py check build/release/bin/micro_bench bench/baselines/micro.json report.json     # both
    bench/micro.py table report.json                                  # as Markdown

Time is processor time for each item, the median of repetitions in mixed order. Machines differ, and so does one machine
with other neighbours: figures of BEFORE are multiplied by how much slower the calibration (fixed arithmetic, and reads
that miss every cache; the geometric mean of the two) was in AFTER. A benchmark is marked when its median and its fastest
repetition are both slower than --worse-than percent, or when an item allocates more often than before; `check` runs those
that are slower once more, and believes them when they are slower again. Exit code 1 when something is marked.
"""
import argparse
import datetime
import json
import math
import re
import statistics
import subprocess
import sys

CALIBRATION = ["calibration/cpu", "calibration/memory"]
ALLOCATIONS_MORE_LEAST = 0.5  # less is the growth of some buffer, shared among many items
ALLOCATIONS_MORE_SHARE = 0.02
SUFFIX = re.compile(r"(/process_time|/real_time|/repeats:\d+)+$")


class NotComparable(Exception):
    pass


def condense(google):
    """A report of ours from one of Google Benchmark with its repetitions."""
    runs = {}
    for one in google["benchmarks"]:
        if one["run_type"] != "iteration":
            continue
        if one.get("error_occurred"):
            raise NotComparable(f"{one['name']}: {one['error_message']}")
        runs.setdefault(SUFFIX.sub("", one["run_name"]), []).append(one)
    benchmarks = {}
    for name, repetitions in runs.items():
        times = [1e9 / one["items_per_second"] for one in repetitions]
        walls = [time * one["real_time"] / one["cpu_time"] for time, one in zip(times, repetitions)]
        benchmarks[name] = {
            "ns": round(statistics.median(times), 2),
            "ns_least": round(min(times), 2),
            "ns_most": round(max(times), 2),
            "wall_ns": round(statistics.median(walls), 2),
            "allocations": round(statistics.median(one["allocations"] for one in repetitions), 2),
        }
    context = google["context"]
    return {
        "taken": datetime.datetime.fromisoformat(context["date"]).date().isoformat(),
        "cpus": context["num_cpus"],
        "mhz_per_cpu": context["mhz_per_cpu"],
        "load_avg": context["load_avg"],
        "repetitions": max(len(repetitions) for repetitions in runs.values()),
        "benchmarks": benchmarks,
    }


def run(program, options, names=None):
    command = [program, "--benchmark_format=json", f"--benchmark_min_time={options.seconds}",
               f"--benchmark_repetitions={options.repetitions}", "--benchmark_enable_random_interleaving=true"]
    if names:
        command.append("--benchmark_filter=^(" + "|".join(names) + ")(/process_time|/real_time)?$")
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return condense(json.loads(out))


def slowdown(before, after):
    """How much slower the machine is, by each calibration and in the mean."""
    ratios = []
    for name in CALIBRATION:
        if name not in before["benchmarks"] or name not in after["benchmarks"]:
            raise NotComparable(f"both reports must have {name}")
        ratios.append(after["benchmarks"][name]["ns"] / before["benchmarks"][name]["ns"])
    return ratios, math.prod(ratios) ** (1 / len(ratios))


def judge(before, after, worse_than):
    """(name, before's ns on after's machine, after's ns, ratio, verdicts) of each benchmark that both have."""
    _, machine = slowdown(before, after)
    limit = 1 + worse_than / 100
    for name, now in sorted(after["benchmarks"].items()):
        was = before["benchmarks"].get(name)
        if was is None or name in CALIBRATION:
            continue
        ratio = now["ns"] / (was["ns"] * machine)
        verdicts = []
        if ratio > limit and now["ns_least"] / (was["ns_least"] * machine) > limit:
            verdicts.append("slower")
        more = now["allocations"] - was["allocations"]
        if more > max(ALLOCATIONS_MORE_LEAST, ALLOCATIONS_MORE_SHARE * was["allocations"]):
            verdicts.append("allocates more")
        yield name, was["ns"] * machine, now["ns"], ratio, verdicts


def print_comparison(before, after, worse_than):
    """Returns the verdicts by name, of those that have any."""
    ratios, machine = slowdown(before, after)
    print("machine: " + ", ".join(f"{name} x{ratio:.2f}" for name, ratio in zip(CALIBRATION, ratios)) +
          f"; the times of {before['taken']} are multiplied by {machine:.2f}")
    print(f"{'benchmark':34} {'before ns':>11} {'now ns':>11} {'ratio':>6}  {'allocations':>15}")
    marked = {}
    for name, was, now, ratio, verdicts in judge(before, after, worse_than):
        allocations = " -> ".join(f"{report['benchmarks'][name]['allocations']:g}" for report in (before, after))
        print(f"{name:34} {was:11.1f} {now:11.1f} {ratio:6.2f}  {allocations:>15}  {', '.join(verdicts)}".rstrip())
        if verdicts:
            marked[name] = verdicts
    for one, other, what in ((before, after, "not measured any more"), (after, before, "new")):
        for name in one["benchmarks"].keys() - other["benchmarks"].keys():
            print(f"{name:34} {what}")
    return marked


def repeated(marked, before, again, worse_than):
    """Without what was slower, and is not when it is measured again."""
    still = {name for name, _, _, _, verdicts in judge(before, again, worse_than) if "slower" in verdicts}
    left = {name: [one for one in verdicts if one != "slower" or name in still] for name, verdicts in marked.items()}
    return {name: verdicts for name, verdicts in left.items() if verdicts}


def conclude(marked, worse_than):
    if not marked:
        print(f"nothing is more than {worse_than:g} % slower, nothing allocates more")
        return 0
    for name, verdicts in marked.items():
        print(f"{name}: {', '.join(verdicts)}")
    return 1


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def store(report, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1, sort_keys=True)
        file.write("\n")


def do_run(options):
    store(run(options.program, options), options.report)
    return 0


def do_compare(options):
    marked = print_comparison(load(options.before), load(options.after), options.worse_than)
    return conclude(marked, options.worse_than)


def do_check(options):
    before = load(options.before)
    after = run(options.program, options)
    store(after, options.report)
    marked = print_comparison(before, after, options.worse_than)
    slower = [name for name, verdicts in marked.items() if "slower" in verdicts]
    if slower:
        print(f"once more: {', '.join(slower)}")
        again = run(options.program, options, CALIBRATION + slower)
        marked = repeated(marked, before, again, options.worse_than)
    return conclude(marked, options.worse_than)


def do_table(options):
    print("| benchmark | ns | fastest – slowest | allocations |\n|---|---|---|---|")
    for name, one in sorted(load(options.report)["benchmarks"].items()):
        print(f"| `{name}` | {one['ns']:,.0f} | {one['ns_least']:,.0f} – {one['ns_most']:,.0f} | {one['allocations']:g} |")
    return 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    def command(name, action, *paths, runs=False, compares=False):
        added = commands.add_parser(name)
        added.set_defaults(action=action)
        for path in paths:
            added.add_argument(path)
        if runs:
            added.add_argument("--seconds", type=float, default=0.04, help="of each repetition")
            added.add_argument("--repetitions", type=int, default=7)
        if compares:
            added.add_argument("--worse-than", type=float, default=15, help="percent")

    command("run", do_run, "program", "report", runs=True)
    command("compare", do_compare, "before", "after", compares=True)
    command("check", do_check, "program", "before", "report", runs=True, compares=True)
    command("table", do_table, "report")
    options = parser.parse_args(arguments)
    try:
        return options.action(options)
    except NotComparable as why:
        print(f"micro: {why}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
