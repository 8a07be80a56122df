# For people who write akashi. Users need ./run, and ./test. Everything here is a thin name for a
# script or for ninja.
SECONDS ?= 600
JOBS ?= 1
CONFORMANCE ?= ../shared/conformance
BENCH ?= ../shared/bench

.PHONY: help build test check fuzz conformance bench format new shows torture clean
help:
	@echo "make build                       release build in build/"
	@echo "make test                        ./test"
	@echo "make check                       clang, TSan, clang-tidy, longer properties (after ./test)"
	@echo "make fuzz [SECONDS=600] [JOBS=1] [ONLY=x] [ADD=1]   every fuzz target; ADD=1: to tests/corpora"
	@echo "make conformance [PART=parse]    scores against CONFORMANCE=$(CONFORMANCE)"
	@echo "make bench [SIZE=small] [JUDGE=1]   figures against others; BENCH=$(BENCH), docs/performance.md"
	@echo "make format                      clang-format-19 over the tree"
	@echo "make new KIND=... NAME=...       source, header, test, fuzz target, page (tools/new says which)"
	@echo "make shows ISSUE=spine           the long shows of an issue; goes on where it stopped"
	@echo "make torture                     kills, power cuts, failing system calls, forged proofs: two hours"
	@echo "make clean                       removes build folders"
build:
	@tools/install build
	@test -f build/build.ninja || CC=gcc meson setup build --buildtype=release
	ninja -C build
test:
	./test
check:
	tools/make_check.sh
fuzz:
	SECONDS_EACH=$(SECONDS) JOBS=$(JOBS) ONLY="$(ONLY)" ADD="$(ADD)" tools/make_fuzz.sh
conformance: build
	tools/make_conformance.sh build/src/cmd/akashi $(CONFORMANCE) $(PART)
bench: build
	@bench/run build/src/cmd/akashi $(BENCH)
format:
	clang-format-19 -i $$(find src tests bench tools -name '*.[ch]' 2>/dev/null)
new:
	@tools/new "$(KIND)" "$(NAME)"
shows:
	@test -n "$(ISSUE)" || { echo "make shows ISSUE=spine"; exit 2; }
	CONFORMANCE=$(CONFORMANCE) BENCH=$(BENCH) tools/shows/$(ISSUE).sh
torture:
	tools/shows/seal.sh
clean:
	rm -rf build build-test build-clang build-tsan build-fuzz
