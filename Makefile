# The commands of this project. Each says what it does, installs what it misses, and takes seconds the second time.
# `make run` shows the main job, `make test` runs every test, `make help` lists the rest.
SHELL := /bin/sh
JOBS ?= 2
RELEASE := build/release

# What one build directory compiled serves the others, and other clones.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := true
export CCACHE_SLOPPINESS := pch_defines,time_macros

.PHONY: help run signup build test check asan tsan fuzz sim sim-bugs storm restart bench micro-bench micro micro-compare overload soak lists format clean setup

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 15

run: setup $(RELEASE)/build.ninja ## build, start treatyd and two services, run a saga that commits and one that is rolled back
	@echo "run: building the coordinator and the demo services (a few minutes the first time)"
	@cmake --build --preset release -j $(JOBS) --target treatyd treaty-story
	@tools/run_story

signup: setup $(RELEASE)/build.ninja ## a sign-up in C++ with etcd, MariaDB and Redis: four stories, two of them with crashes
	@echo "signup: building the coordinator and the services (a few minutes the first time)"
	@cmake --build --preset release -j $(JOBS) --target treatyd treaty-signup treaty-signup-story
	@$(RELEASE)/tests/bin/treaty-signup-story --treatyd $(RELEASE)/bin/treatyd --services $(RELEASE)/bin/treaty-signup

build: setup $(RELEASE)/build.ninja ## optimised binaries in build/release/bin/
	@echo "build: optimised binaries"
	@cmake --build --preset release -j $(JOBS) --target programs
	@echo "build: $(RELEASE)/bin/ holds" && ls $(RELEASE)/bin

test: setup $(RELEASE)/build.ninja ## build everything, run every test
	@echo "test: building everything"
	@cmake --build --preset release -j $(JOBS)
	@ctest --preset release

check: ## everything that CI runs
	@tools/check

asan: setup ## every test under the address and undefined-behaviour sanitizers
	@cmake --preset asan && cmake --build --preset asan -j $(JOBS) && ctest --preset asan

tsan: setup ## every test under the thread sanitizer
	@cmake --preset tsan && cmake --build --preset tsan -j $(JOBS) && ctest --preset tsan

fuzz: setup ## fuzz every parser of bytes from outside; TARGET=http_request for one, MINUTES=60 for longer
	@MINUTES=$(or $(MINUTES),5) tools/fuzz $(TARGET)

sim: setup $(RELEASE)/build.ninja ## the simulator on fresh seeds; SECONDS=600 for longer, SEED=n to replay one
	@cmake --build --preset release -j $(JOBS) --target treaty-sim
	@$(RELEASE)/tests/bin/treaty-sim $(if $(SEED),--seed $(SEED) --trace,--fresh $(or $(SECONDS),60))

sim-bugs: setup ## plant each bug of tests/sim/bugs in a copy of the sources, and let the simulator find it
	@tests/sim/run_bugs.py --jobs $(JOBS)

storm: setup $(RELEASE)/build.ninja ## kill the coordinator under mixed load, KILLS=10000 times; SEED=n for the same load again
	@cmake --build --preset release -j $(JOBS) --target treaty-storm
	@$(RELEASE)/tests/bin/treaty-storm --kills $(or $(KILLS),500) $(if $(SEED),--seed $(SEED))

restart: setup $(RELEASE)/build.ninja ## from the start to ready, and to all done, with up to a million unfinished transactions
	@cmake --build --preset release -j $(JOBS) --target treaty-restart
	@$(RELEASE)/tests/bin/treaty-restart $(COUNTS)

bench: build ## the load benchmark on the real binary; bench/README.md has the rest
	@$(RELEASE)/bin/treaty-bench saga --treatyd $(RELEASE)/bin/treatyd

micro-bench: setup $(RELEASE)/build.ninja
	@cmake --build --preset release -j $(JOBS) --target micro_bench

micro: micro-bench ## what each stage of a request costs, in two or three minutes
	@bench/micro.py run $(RELEASE)/bin/micro_bench $(RELEASE)/micro.json
	@bench/micro.py table $(RELEASE)/micro.json

micro-compare: micro-bench ## the same, beside bench/baselines/micro.json; fails when a stage is more than 15 % slower
	@bench/micro.py check $(RELEASE)/bin/micro_bench bench/baselines/micro.json $(RELEASE)/micro.json

overload: build ## offer ten times what the coordinator can do, and judge what becomes of it; overload.html has the plots
	@$(RELEASE)/bin/treaty-bench overload --treatyd $(RELEASE)/bin/treatyd --participant-latency 0.2 -k 300 -d 8 \
	  --json $(RELEASE)/overload.json --html $(RELEASE)/overload.html

soak: build ## does anything grow? MINUTES=60 for an hour; soak.html has the plots
	@$(RELEASE)/bin/treaty-bench soak --treatyd $(RELEASE)/bin/treatyd -d $$((60 * $(or $(MINUTES),5))) \
	  --rate $(or $(RATE),500) --participant-latency 0.005 --participant-troubles 0.001 --participant-ongoing 0.001 \
	  --drain-limit 240 --json $(RELEASE)/soak.json --html $(RELEASE)/soak.html

lists: build ## how long do lists take with 10 million finished transactions and a million that wait? STORE=directory keeps the store
	@$(RELEASE)/bin/treaty-lists --treatyd $(RELEASE)/bin/treatyd --in $(or $(STORE),$(RELEASE)/lists) \
	  --finished $(or $(FINISHED),10000000) --parked $(or $(PARKED),1000000)

format: setup ## format every C++ file
	@tools/format.sh

clean: ## remove everything that was built
	rm -rf build

setup:
	@tools/setup

$(RELEASE)/build.ninja: CMakeLists.txt CMakePresets.json
	@echo "configuring build/release"
	@cmake --preset release
	@touch $@
