#!/usr/bin/env python3
"""Does what a Dockerfile says without a container engine: replay.py DOCKERFILE CONTEXT TARGET.

Makes Debian 12 with debootstrap in TARGET/base, once; then each stage in TARGET/0, TARGET/1 …, from files of CONTEXT that git
knows. It shows that the packages exist, that the build builds, and that what is copied is there; layers, limits and networks are
the engine's. Takes root, debootstrap, and for the coordinator's image a way to Debian's mirror and half an hour of a processor.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import dockerfile


def run(*command, **more):
    print("+", *command, flush=True)
    subprocess.run(command, check=True, **more)


def copy_into(instruction, root, workdir, sources_root, files):
    *sources, target = instruction.paths()
    into_directory = target.endswith("/") or target == "." or len(sources) > 1
    target = root / str(pathlib.PurePosixPath(workdir) / target).lstrip("/")
    for source in sources:
        if files is not None and (sources_root / source).is_dir():
            for each in files:
                if source == "." or each.startswith(source + "/"):
                    inside = target / os.path.relpath(each, source)
                    inside.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(sources_root / each, inside, follow_symlinks=False)
            continue
        if files is not None and source not in files:
            raise SystemExit(f"line {instruction.line}: {source} is not in the context")
        place = target / pathlib.PurePosixPath(source).name if into_directory else target
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(sources_root / source.lstrip("/"), place)


def in_chroot(root, command):
    run("mount", "-t", "proc", "proc", str(root / "proc"))
    try:
        command()
    finally:
        run("umount", str(root / "proc"))


def replay_stage(stage, root, context, files, earlier):
    environment = {"PATH": os.environ["PATH"], "DEBIAN_FRONTEND": "noninteractive"}
    workdir = "/"
    for each in stage[1:]:
        print(f"== line {each.line}: {each.name} {each.text[:100]}", flush=True)
        if each.name == "WORKDIR":
            workdir = each.text
            (root / workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif each.name == "ENV":
            environment.update(word.split("=", 1) for word in each.words())
        elif each.name == "COPY":
            from_stage = each.options().get("from")
            if from_stage:
                copy_into(each, root, workdir, earlier[from_stage], None)
            else:
                copy_into(each, root, workdir, context, files)
        elif each.name == "RUN":
            in_chroot(root, lambda: run("chroot", str(root), "/bin/sh", "-ec", f"cd {workdir}; {each.text}", env=environment))


def context_files(context):
    known = subprocess.run(["git", "ls-files"], cwd=context, check=True, capture_output=True, text=True).stdout.splitlines()
    if not (context / ".dockerignore").exists():
        return known
    patterns = dockerfile.ignore_patterns(context)
    return [each for each in known if not dockerfile.ignored(patterns, each)]


def main():
    file, context, target = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
    base = target / "base"
    if not base.exists():
        run("debootstrap", "--variant=minbase", "bookworm", str(base))
    earlier = {}
    for number, stage in enumerate(dockerfile.stages(dockerfile.read(file))):
        root = target / str(number)
        if root.exists():
            shutil.rmtree(root)
        run("cp", "--archive", str(base), str(root))
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        replay_stage(stage, root, context, context_files(context), earlier)
        earlier[dockerfile.stage_name(stage)] = root
    print(f"the image is in {root}")


if __name__ == "__main__":
    main()
