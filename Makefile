# The commands of the house. Each is a line or two; the work is done in the scripts they call.

RELEASE := --configuration release --static-swift-stdlib
CHECKS := --explicit-target-dependency-import-check error

.NOTPARALLEL:
.PHONY: help deps build run test lint fuzz guest bench fleet clean

help:
	@echo 'make run    build, and watch this node, or a simulated one where there is nothing to watch'
	@echo 'make test   all tests, on the release binaries too'
	@echo 'make lint   format and layout'
	@echo 'make fuzz   random input for the parser of the kernel log and the decoders of the history'
	@echo 'make guest  the daemon beside the kernel'"'"'s RDMA stack, in a virtual machine'
	@echo 'make bench  what a pass and a scrape cost, against the usual tools'
	@echo 'make fleet  false alarms and missed faults in a simulated fleet, beside other tools'
	@echo 'make build  the release binaries'
	@echo 'make deps   the Debian packages that all of these need'
	@echo 'make clean  remove what was built'

deps:
	deploy/packages.sh test

build:
	deploy/packages.sh build
	swift build $(RELEASE) $(CHECKS)

run:
	deploy/simulated-node/run.sh

test: deps build
	FABRICWATCH_BIN_DIR="$$(swift build $(RELEASE) --show-bin-path)" \
		swift test --disable-xctest $(CHECKS)

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests \
		Benchmarks/History/Package.swift Benchmarks/History/Sources \
		Benchmarks/Fleet/Package.swift Benchmarks/Fleet/Sources

fuzz:
	Tests/Fuzz/run.sh

guest: build
	Tests/Guest/run.sh

bench: build
	deploy/packages.sh bench
	Benchmarks/run.sh

fleet:
	Benchmarks/fleet.sh

clean:
	rm -rf .build
