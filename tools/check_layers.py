#!/usr/bin/env python3
"""Fails when an #include goes against the arrows of docs/architecture.md, "Layers".

Reads every #include of every C++ file of ours. Each folder may include the folders, and the third-party headers, that
the tables below give it; the longest entry that a path lies in decides.
"""
import re
import sys

from source_files import ROOT, cpp_files

# What a folder's files may include of ours, besides their own folder. "net" and "storage" are the ports: the headers
# that lie directly in those folders.
ALLOWED = {
    "core": [],
    "obs": ["core"],
    "proto": [],
    "storage": ["core", "obs", "proto"],
    "storage/memory": ["core", "obs", "storage"],
    "storage/rocksdb": ["core", "obs", "storage"],
    "net": ["core", "obs"],
    "net/branch_mux.hpp": ["core", "obs", "net", "net/http", "net/http2", "net/jsonrpc"],  # puts the clients together
    "net/branch_mux.cpp": ["core", "obs", "net", "net/branch_mux.hpp", "net/http", "net/http2", "net/jsonrpc"],
    "net/wire": ["core", "obs", "net", "proto"],
    "net/http": ["core", "obs", "net", "net/wire"],
    "net/http2": ["core", "obs", "net", "net/http"],
    "net/grpc": ["core", "obs", "net", "net/wire", "net/http", "net/http2", "proto"],
    "net/jsonrpc": ["core", "obs", "net", "net/wire", "net/http"],
    "net/etcd": ["core", "obs", "net", "net/wire", "proto"],
    "actors": ["core", "obs", "storage", "net"],
    "admin": ["core", "obs", "storage", "net", "net/wire"],  # renders text, holds no sockets
    "app": ["*"],
    # The installed library knows nothing of the coordinator; those who use SQL do not get gRPC with it.
    "client": [],
    "client/http": ["client"],
    "client/grpc": ["client", "proto"],
    "client/mysql": ["client"],
    "client/postgresql": ["client"],
    "client/redis": ["client"],
    "examples": ["client", "*"],
    "bench": ["*"],
    "tests": ["*"],
}

# Third-party headers that only some folders may see. What is not listed here is free for everybody but core and client.
HOMES = {
    r"caf/": ["actors"],
    r"rocksdb/": ["storage/rocksdb"],
    r"boost/(asio|beast)": ["net", "net/http", "net/http2", "net/grpc", "net/jsonrpc", "net/etcd", "client", "client/http"],
    r"boost/": ["net", "net/wire", "net/http", "net/http2", "net/grpc", "net/jsonrpc", "net/etcd", "client", "client/http"],
    r"(grpc|grpcpp|grpc\+\+)/": ["net/etcd", "client", "client/grpc"],
    r"nghttp2/": ["net/http2", "net/grpc"],
    r"spdlog/": ["obs"],
    r"yaml-cpp/": ["app"],
    r"CLI/": ["app", "bench", "examples"],
    r"mimalloc": ["app"],
    r"simdjson": ["net", "net/wire", "net/http"],
    r"google/protobuf/": ["proto", "storage", "net", "net/wire", "net/grpc", "net/etcd", "client/grpc"],
    r"(mysql|libpq-fe)\.h": ["client/mysql", "client/postgresql"],
    r"hiredis/": ["client/redis"],
}
FREE_OF_RULES = ["tests", "bench", "examples"]  # they may use any third-party library
STANDARD_ONLY = ["core"]
# No clock, I/O, threads or environment where things are decided.
FORBIDDEN_IN_CORE = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "iostream", "fstream", "filesystem",
                     "random", "semaphore", "latch", "barrier", "stop_token", "ctime", "csignal", "syncstream"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def longest_folder(path, folders):
    fitting = [folder for folder in folders if path == folder or path.startswith(folder + "/")]
    return max(fitting, key=len) if fitting else None


def in_tree(name):
    """The path of an include of ours: the client's public headers are included as they are installed."""
    return "client/include/" + name if name.startswith("treaty/client/") else name


def is_ours(name):
    return longest_folder(name, ALLOWED) is not None


def broken_rule(file, quote, name):
    """Says why `file` may not include `name`; None when it may."""
    home = longest_folder(file, ALLOWED)
    name = in_tree(name)
    if home is None:
        return None
    if is_ours(name):
        target = longest_folder(name, ALLOWED)
        if target == "app" and home not in ("app", "tests"):
            return "nothing includes app/"
        if target == home or target in ALLOWED[home] or "*" in ALLOWED[home]:
            return None
        return f"{home}/ may not see {target}/"
    if quote == '"' and home not in FREE_OF_RULES:
        return "includes of ours are written from the repository's root"
    if home in FREE_OF_RULES:
        return None
    if home in STANDARD_ONLY:
        if "/" in name or name.endswith(".h"):
            return f"{home}/ uses the standard library only"
        if name in FORBIDDEN_IN_CORE:
            return f"{home}/ has no clock, I/O or threads"
    for pattern, homes in HOMES.items():
        if re.match(pattern, name):
            return None if home in homes else f"<{name}> stays inside {', '.join(homes)}"
    return None


def problems_in(file, text):
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include:
            why = broken_rule(file, include.group(1), include.group(2))
            if why:
                yield f"{file}:{number}: {line.strip()}: {why}"


def self_test():
    good = [
        ("core/saga/advance.cpp", "#include <vector>"),
        ("actors/shard.cpp", '#include "storage/store.hpp"'),
        ("actors/shard.cpp", "#include <caf/all.hpp>"),
        ("storage/rocksdb/store.cpp", "#include <rocksdb/db.h>"),
        ("net/http/server.cpp", "#include <boost/beast/http.hpp>"),
        ("app/wiring.cpp", '#include "storage/rocksdb/store.hpp"'),
        ("net/http/api.cpp", '#include "net/wire/json.hpp"'),
        ("admin/api.cpp", '#include "net/wire/json.hpp"'),
        ("tests/unit/app/config_test.cpp", '#include "app/config.hpp"'),
        ("client/mysql/mysql_session.cpp", '#include "treaty/client/mysql.hpp"'),
    ]
    bad = [
        ("core/driver.cpp", '#include "storage/store.hpp"'),
        ("core/driver.cpp", "#include <mutex>"),
        ("core/driver.cpp", "#include <prometheus/counter.h>"),
        ("core/driver.cpp", '#include "obs/log.hpp"'),
        ("actors/shard.cpp", '#include "storage/rocksdb/store.hpp"'),
        ("actors/shard.cpp", '#include "net/http/server.hpp"'),
        ("actors/shard.cpp", '#include "net/branch_mux.hpp"'),
        ("actors/shard.cpp", "#include <rocksdb/db.h>"),
        ("actors/shard.cpp", "  #  include <boost/asio/post.hpp>"),
        ("storage/keys.cpp", '#include "net/ingress.hpp"'),
        ("net/ingress.hpp", '#include "storage/store.hpp"'),
        ("net/wire/json.cpp", '#include "net/http/server.hpp"'),
        ("admin/health.cpp", '#include "app/config.hpp"'),
        ("admin/api.cpp", '#include "net/http/router.hpp"'),
        ("bench/load/main.cpp", '#include "app/wiring.hpp"'),
        ("net/http/server.cpp", "#include <grpcpp/grpcpp.h>"),
        ("obs/metrics.cpp", "#include <caf/all.hpp>"),
        ("actors/shard.cpp", '#include "shard.hpp"'),
        ("client/src/saga.cpp", '#include "core/base/result.hpp"'),
        ("core/driver.cpp", '#include "treaty/client/saga.hpp"'),
    ]
    for file, line in good:
        assert not list(problems_in(file, line)), f"wrongly refused: {file}: {line}"
    for file, line in bad:
        assert list(problems_in(file, "\n" + line)), f"wrongly allowed: {file}: {line}"
        assert next(problems_in(file, "\n" + line)).startswith(f"{file}:2: ")


def main():
    self_test()
    files = cpp_files()
    problems = [problem for file in files for problem in problems_in(str(file), (ROOT / file).read_text())]
    for problem in problems:
        print(problem)
    if problems:
        print(f"layers: {len(problems)} includes go the wrong way", file=sys.stderr)
        return 1
    print(f"layers: the includes of {len(files)} files go the right way")
    return 0


if __name__ == "__main__":
    sys.exit(main())
