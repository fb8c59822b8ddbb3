#!/usr/bin/env python3
"""Fails on what a reader would object to and a compiler does not see.

* functions longer than 70 lines, files longer than 700 (tests 1,200)
* a `default:` in a switch over an enum (one whose cases name enumerators)
* TODO and FIXME without an issue's number, as in TODO(#12)
* sleeping in tests: wait for what should happen instead (kit::eventually); a sleep that is no wait, such as the moment
  of a crash, says so on its line: "not a wait"
* headers without `#pragma once`
"""
import re
import sys

from source_files import ROOT, cpp_files

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 700
TEST_FILE_LINES_MAX = 1200

POLLING_HELPER = "tests/kit/eventually.hpp"

NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|switch|extern)\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
UNOWNED = re.compile(r"\b(TODO|FIXME)\b(?!\(#\d+\))")
ENUM_CASE = re.compile(r"^\s*case\s+[A-Za-z_][\w:]*::\w+\s*:")
DEFAULT = re.compile(r"^\s*default\s*:")
RAW_STRING = re.compile(r'R"([^\s()\\]{0,16})\(.*?\)\1"', re.DOTALL)
LITERAL = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'")
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LINE_COMMENT = re.compile(r"//[^\n]*")


def keep_lines(match):
    return '""' + "\n" * match.group(0).count("\n")


def without_texts(source):
    """Code only: literals and comments are emptied, line numbers stay."""
    source = RAW_STRING.sub(keep_lines, source)
    # One pass, so that a quote inside a comment or a comment sign inside a text misleads nobody.
    token = re.compile("|".join(p.pattern for p in (BLOCK_COMMENT, LINE_COMMENT, LITERAL)), re.DOTALL)
    return token.sub(keep_lines, source)


def function_lengths(code):
    """(first line, lines) of each function body. A body is a brace that follows `)` and perhaps const, noexcept,
    override, a return type or member initialisers; lambdas count into the function around them."""
    stack = []
    statement_start = 0
    line = 1
    for at, letter in enumerate(code):
        if letter == "\n":
            line += 1
        elif letter == "{":
            before = code[statement_start:at]
            is_body = ")" in before and not NOT_A_FUNCTION.search(before.split("(")[0]) and not any(f for f, _ in stack)
            stack.append((is_body, line))
            statement_start = at + 1
        elif letter == "}":
            if stack:
                is_body, first = stack.pop()
                if is_body:
                    yield first, line - first + 1
            statement_start = at + 1
        elif letter == ";":
            statement_start = at + 1


def switch_problems(code):
    """A default: whose switch also has enum cases."""
    stack = []
    for number, line in enumerate(code.splitlines(), 1):
        if ENUM_CASE.match(line) and stack:
            stack[-1]["enum"] = True
        if DEFAULT.match(line) and stack:
            stack[-1]["default"] = number
        for letter in line:
            if letter == "{":
                stack.append({})
            elif letter == "}" and stack:
                scope = stack.pop()
                if scope.get("enum") and scope.get("default"):
                    yield scope["default"]


def problems_in(file, source):
    is_test = file.startswith("tests/")
    lines = source.count("\n")
    most = TEST_FILE_LINES_MAX if is_test else FILE_LINES_MAX
    if lines > most:
        yield f"{file}:1: {lines} lines; a file has at most {most}"
    if file.endswith(".hpp") and "#pragma once" not in source:
        yield f"{file}:1: a header begins with #pragma once"
    code = without_texts(source)
    for first, length in function_lengths(code):
        if length > FUNCTION_LINES_MAX:
            yield f"{file}:{first}: a function of {length} lines; at most {FUNCTION_LINES_MAX}"
    for number in switch_problems(code):
        yield f"{file}:{number}: a switch over an enum has no default:, so that the compiler names what is missing"
    for number, line in enumerate(source.splitlines(), 1):
        if UNOWNED.search(line):
            yield f"{file}:{number}: a TODO names its issue: TODO(#12)"
    if is_test:
        originals = source.splitlines()
        for number, line in enumerate(code.splitlines(), 1):
            if SLEEP.search(line) and file != POLLING_HELPER and "not a wait" not in originals[number - 1]:
                yield f"{file}:{number}: tests do not sleep; wait for what should happen"


def self_test():
    long_function = "void f() {\n" + "  g();\n" * 80 + "}\n"
    cases = [
        ("core/a.cpp", long_function, 1),
        ("core/a.cpp", "void f() {\n" + "  g();\n" * 60 + "}\n", 0),
        ("core/a.cpp", "namespace x {\n" + "int a;\n" * 200 + "}\n", 0),
        ("core/a.cpp", "class x {\n" + "  int a();\n" * 200 + "};\n", 0),
        ("core/a.cpp", "int a;\n" * 701, 1),
        ("tests/a.cpp", "int a;\n" * 701, 0),
        ("core/a.cpp", "switch (a) {\n case e::one:\n  break;\n default:\n  break;\n}\n", 1),
        ("core/a.cpp", "switch (a) {\n case 'x':\n  break;\n default:\n  break;\n}\n", 0),
        ("core/a.cpp", "// TO" + "DO: later\n", 1),
        ("core/a.cpp", "// TO" + "DO(#12): later\n", 0),
        ("tests/a.cpp", "std::this_thread::sleep_for(1s);\n", 1),
        ("tests/a.cpp", "std::this_thread::sleep_for(1s);  // the moment of a crash, not a wait\n", 0),
        ("tests/a.cpp", "// no sleep_for(1s) here\n", 0),
        ("core/a.cpp", 'auto a = "{ // ";\n', 0),
        ("core/a.hpp", "int a;\n", 1),
    ]
    for file, source, expected in cases:
        found = list(problems_in(file, source))
        assert len(found) == expected, (file, source[:60], found)


def main():
    self_test()
    files = cpp_files()
    problems = [problem for file in files for problem in problems_in(str(file), (ROOT / file).read_text())]
    for problem in problems:
        print(problem)
    if problems:
        print(f"tidy: {len(problems)} problems", file=sys.stderr)
        return 1
    print(f"tidy: {len(files)} files are in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
