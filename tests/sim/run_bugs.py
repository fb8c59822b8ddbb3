#!/usr/bin/env python3
"""Plants each bug of tests/sim/bugs in a copy of the sources, and lets the simulator look for it.

usage: run_bugs.py [--most-seeds 100000] [--only NAME] [--build build/sim-bugs]
Prints a table with the first seed that found each bug; fails when one was not found, or when a patch does not apply.
Production code has no hooks: what is built with a bug lives in the copy only.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(command, where, **more):
    return subprocess.run(command, cwd=where, text=True, capture_output=True, **more)


def copy_sources(copy):
    names = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], ROOT, check=True).stdout.split("\n")
    for name in filter(None, names):
        source, target = ROOT / name, copy / name
        if not source.is_file():
            continue
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        os.utime(target)


def build(copy, jobs):
    environment = dict(os.environ, CCACHE_BASEDIR=str(copy), CCACHE_NOHASHDIR="true",
                       CCACHE_SLOPPINESS="pch_defines,time_macros")
    if not (copy / "build/release/build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release"], cwd=copy, env=environment, check=True,
                       stdout=subprocess.DEVNULL)
    built = run(["cmake", "--build", "build/release", "-j", str(jobs), "--target", "treaty-sim"], copy, env=environment)
    if built.returncode != 0:
        sys.exit(built.stdout[-3000:])


def search(copy, most):
    """The first seed that finds something, and what; None when none does."""
    found = run(["build/release/tests/bin/treaty-sim", "--find", f"1..{most}"], copy)
    seed = re.search(r"replay: treaty-sim --seed (\d+)", found.stdout)
    if not seed:
        return None
    what = re.search(r"VIOLATION (.*)", found.stdout)
    return int(seed.group(1)), what.group(1) if what else "the process ends"


def plant(copy, patch, jobs, most):
    applied = run(["patch", "-p1", "--forward", "-i", str(patch)], copy)
    if applied.returncode != 0:
        run(["patch", "-p1", "-R", "-i", str(patch)], copy)
        return "the patch does not apply any more"
    build(copy, jobs)
    return search(copy, most)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--most-seeds", type=int, default=100_000)
    options.add_argument("--only", default="")
    options.add_argument("--build", default="build/sim-bugs")
    options.add_argument("--jobs", type=int, default=2)
    asked = options.parse_args()
    copy = ROOT / asked.build
    missed = 0
    for patch in sorted((ROOT / "tests/sim/bugs").glob("*.patch")):
        if asked.only not in patch.stem:
            continue
        copy_sources(copy)  # takes the bug before out again
        found = plant(copy, patch, asked.jobs, asked.most_seeds)
        if isinstance(found, tuple):
            print(f"| {patch.stem} | {found[0]} | {found[1]} |", flush=True)
        else:
            missed += 1
            print(f"| {patch.stem} | NOT FOUND | {found or f'in {asked.most_seeds} seeds'} |", flush=True)
    sys.exit(1 if missed else 0)


main()
