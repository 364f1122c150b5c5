# The commands of this repository. Each installs what it needs from Debian, saying so.

CAPTURES := tests/captures/osmocom
DEMO     := target/demo
SYNTH    := target/release/synthesise
TOUCH    := target/release/touchpoint

.PHONY: demo build install test check train bench fuzz

## demo: replay a recorded capture and a synthesised one through their scenarios
demo: build
	@mkdir -p $(DEMO) && rm -f $(DEMO)/*.offers.jsonl
	@echo; echo "== A recording of real network elements and phones =="
	$(TOUCH) replay $(CAPTURES)/a-msc-leg.pcap --scenarios deploy/demo/recorded \
	    --subscribers deploy/demo/recorded/subscribers.csv --journal $(DEMO)/recorded.offers.jsonl
	@echo; echo "== A town of 2,000 synthetic subscribers, half an hour =="
	$(SYNTH) --subscribers 2000 --minutes 30 --seed 1 --out $(DEMO)/town.pcap --directory $(DEMO)/town.csv --quiet
	$(TOUCH) replay $(DEMO)/town.pcap --scenarios deploy/demo/synthesised \
	    --subscribers $(DEMO)/town.csv --journal $(DEMO)/town.offers.jsonl
	@echo; echo "The offers are in $(DEMO)/*.offers.jsonl. Next: $(TOUCH) --help"

build:
	@deploy/packages.sh build
	cargo build --release --locked -p engine -p bench

## install: puts the programs into PREFIX/bin, by default your own
PREFIX ?= $(HOME)/.local
install: build
	install -D -t $(PREFIX)/bin $(TOUCH) $(SYNTH)

## test: every test, those against real peers included
test:
	@deploy/packages.sh build test
	@deploy/packages.sh elements || echo "Tests that need real network elements will be skipped."
	cargo build --release --locked --workspace --all-targets
	cargo test --release --locked --workspace
	fuzz/run.sh 60

## fuzz: hostile input for every decoder and tracker, TIME seconds of it
TIME ?= 3600
fuzz:
	@deploy/packages.sh build
	fuzz/run.sh $(TIME)

## check: what a reviewer looks at first
check:
	@deploy/packages.sh build
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

## train: makes the profiles anew by which the compiler lays out the probe and the engine
train:
	@deploy/packages.sh build
	training/train.sh

## bench: the benchmarks, as ratios against their yardsticks
bench: build
	@deploy/packages.sh test
	cargo run --release --locked -p bench --bin decode-benchmark
	cargo run --release --locked -p bench --bin match-benchmark
	cargo run --release --locked -p bench --bin store-benchmark
