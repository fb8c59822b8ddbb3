"""Reads Dockerfiles, as far as ours go."""
import dataclasses
import fnmatch
import json
import pathlib
import shlex

KNOWN = {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "VOLUME", "EXPOSE", "USER", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


@dataclasses.dataclass
class Instruction:
    name: str
    text: str  # what follows the name, in one line
    line: int

    def words(self):
        """The instruction's words; of the exec form, its strings."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)

    def options(self):
        """--name=value in front of the rest."""
        return dict(word[2:].split("=", 1) for word in self.words() if word.startswith("--"))

    def paths(self):
        return [word for word in self.words() if not word.startswith("--")]


def read(path):
    """Every instruction of the file; raises ValueError for one that is not known."""
    instructions, text, begin = [], "", 0
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not text):
            continue
        begin = begin or number
        text += line.rstrip("\\").strip() + " "
        if line.endswith("\\"):
            continue
        name, _, rest = text.strip().partition(" ")
        if name not in KNOWN:
            raise ValueError(f"{path}:{begin}: {name} is no instruction that we use")
        instructions.append(Instruction(name, rest.strip(), begin))
        text, begin = "", 0
    return instructions


def stages(instructions):
    """The instructions of each FROM, that one first."""
    found = []
    for each in instructions:
        if each.name == "FROM":
            found.append([])
        found[-1].append(each)
    return found


def stage_name(stage):
    words = stage[0].words()
    return words[2] if len(words) == 3 and words[1].upper() == "AS" else None


def last(stage, name):
    return next((each for each in reversed(stage) if each.name == name), None)


def packages(instruction):
    """What a RUN installs with apt-get."""
    found = []
    for command in instruction.text.split("&&"):
        words = command.split()
        if words[:2] == ["apt-get", "install"]:
            found += [word for word in words[2:] if not word.startswith("-")]
    return found


def ignored(patterns, path):
    """Whether .dockerignore's patterns keep a path of the context out. Ours have no exceptions (!)."""
    parts = pathlib.PurePosixPath(path).parts
    heads = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    return any(fnmatch.fnmatch(head, pattern) or pattern.startswith("**/") and fnmatch.fnmatch(head.split("/")[-1], pattern[3:])
               for pattern in patterns for head in heads)


def ignore_patterns(context):
    lines = (pathlib.Path(context) / ".dockerignore").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
