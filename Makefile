# The commands of this repository. Each installs what it needs from Debian, saying so.

CAPTURES := tests/captures/osmocom
DEMO     := target/demo
SYNTH    := target/release/synthesise
TOUCH    := target/release/touchpoint

.PHONY: demo build test check bench

## demo: replay a recorded capture and a synthesised one through their scenarios
demo: build
	@echo; echo "== A recording of real network elements and phones =="
	$(TOUCH) replay $(CAPTURES)/a-msc-leg.pcap --scenarios deploy/demo/recorded \
	    --subscribers deploy/demo/recorded/subscribers.csv
	@echo; echo "== 2,000 synthetic subscribers, half an hour =="
	@mkdir -p $(DEMO)
	$(SYNTH) --subscribers 2000 --minutes 30 --seed 1 --out $(DEMO)/town.pcap --directory $(DEMO)/town.csv
	$(TOUCH) replay $(DEMO)/town.pcap --scenarios deploy/demo/synthesised --subscribers $(DEMO)/town.csv

build:
	@deploy/packages.sh build
	cargo build --release --locked -p engine -p bench

## test: every test, those against real peers included
test:
	@deploy/packages.sh build test
	cargo build --release --locked --workspace --all-targets
	cargo test --release --locked --workspace

## check: what a reviewer looks at first
check:
	@deploy/packages.sh build
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings

## bench: the benchmarks, as ratios against their yardsticks
bench: build
	@deploy/packages.sh test
	cargo run --release --locked -p bench --bin decode-benchmark
