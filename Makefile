# `make report` and `make test` do everything that a fresh machine needs.
# A LIBTORCH of your own (libtorch 2.13) is respected; CUDA=1 fetches libtorch for an NVIDIA GPU.

CARGO ?= cargo
PYTHON ?= python3
BINARY = target/release/cnn-report
# JPEG photos are decoded in half the time, to the same levels, where nasm is there to build libjpeg's SIMD code.
NASM := $(if $(shell command -v nasm 2>/dev/null),--features nasm)
FEATURES = $(NASM)

.PHONY: report quickstart sample check-sample test test-gpu test-page bench-peers dist build example fixtures libtorch lint needs clean

report: build
	$(BINARY) build report.yaml

# A short one in English: build/quickstart/report.html.
quickstart: build
	$(BINARY) build examples/quickstart/report.yaml --output build/quickstart

# A second report, over VGG16's convolutions in an ONNX file that is fetched first (65 MB).
example: build needs
	$(PYTHON) tools/fetch_example_model.py
	$(BINARY) build examples/vgg16/report.yaml

build: libtorch
	$(CARGO) build --release --locked $(FEATURES)

# Stores by URL are tested and distributed; who builds a report for oneself compiles two minutes less without them.
WITH_ALL = $(NASM) --features object-store

test: libtorch lint
	$(CARGO) test --release --locked $(WITH_ALL)

# The report as it stands in docs/sample, written anew, or compared. Not part of `make test`: on another kind of CPU the
# optimised pictures and their numbers come out otherwise (docs/guide/committing.md), which no change of ours has caused.
SAMPLE = report.yaml --device cpu --formats markdown --output docs/sample
sample: build
	$(BINARY) build $(SAMPLE)
check-sample: build
	$(BINARY) build $(SAMPLE) --check --tolerant

# What is compared with others' numbers and the contract of every method, on an NVIDIA card. `make libtorch CUDA=1` fetches
# the libtorch that it takes.
ON_A_CARD = explain:: attributions:: lime:: evaluate:: contract::
test-gpu: libtorch
	@if nvidia-smi -L >/dev/null 2>&1; then TEST_DEVICE=cuda:0 $(CARGO) test --release --locked $(FEATURES) --test it -- $(ON_A_CARD); \
	 else echo "note: nvidia-smi finds no card here, nothing was tested on one"; fi

# The program with its libraries and licences, for Linux without Rust, Python and libtorch.
dist: FEATURES = $(WITH_ALL)
dist: build
	$(PYTHON) tools/make_dist.py --binary $(BINARY)

# Two pages in Chromium, and in Firefox where it is installed, as a reader uses them. Playwright (pip) drives the system's Chromium, axe-core comes by npm.
BROWSER_PYTHON = target/browser/bin/python
AXE = target/axe/package/axe.min.js
PAGES = quickstart all-methods
test-page: build
	test -x $(BROWSER_PYTHON) || $(PYTHON) -m venv target/browser
	$(BROWSER_PYTHON) -m pip install --quiet playwright numpy pypdf websockets
	test -e $(AXE) || (mkdir -p target/axe && cd target/axe && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-*.tgz)
	for page in $(PAGES); do $(BINARY) build examples/$$page/report.yaml --formats html,json --output target/pages/$$page || exit 1; done
	$(BINARY) build examples/quickstart/report.yaml --split --formats html --output target/pages/split
	$(BROWSER_PYTHON) tools/test_page.py $(PAGES:%=target/pages/%/report.html) --split target/pages/split/report.html --axe $(AXE)

# Ours in turns with Python's packages, which go into a private environment (about 2 GB, most of it torch). Let nothing else run
# meanwhile; PEERS="--networks vgg16 --pairs 3" does less.
PEERS_PYTHON = target/peers/bin/python
bench-peers: build
	test -x $(PEERS_PYTHON) || $(PYTHON) -m venv target/peers
	$(PEERS_PYTHON) -m pip install --quiet --requirement tools/bench_peers_requirements.txt
	$(PEERS_PYTHON) tools/bench_peers.py --binary $(BINARY) $(PEERS)

# Formatting, lints, unused crates, licences. Without its tool a check is left out with a note, but not where CI is
# set: there rustfmt and clippy must be. Advisories are left out, for their database is fetched from the network.
lint: libtorch
	@if $(CARGO) fmt --version >/dev/null 2>&1; then $(CARGO) fmt --check; \
	 else $(call without,rustfmt,formatting is not checked); fi
	@if $(CARGO) clippy --version >/dev/null 2>&1; then $(CARGO) clippy --release --locked --all-targets $(WITH_ALL) -- -D warnings && $(CARGO) clippy --release --locked -- -D warnings; \
	 else $(call without,clippy,lints are not checked); fi
	@if $(CARGO) machete --version >/dev/null 2>&1; then $(CARGO) machete; \
	 else echo "note: cargo-machete is not installed, unused crates are not looked for"; fi
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny --offline --locked check bans licenses sources; \
	 else echo "note: cargo-deny is not installed, licences are not checked"; fi

# $(1) is the missing tool, $(2) what goes unchecked.
ifdef CI
without = { echo "error: $(1) is not installed: rustup component add $(1)"; exit 1; }
else
without = echo "note: $(1) is not installed, $(2)"
endif

# torchvision's networks in every kind of file, compared with PyTorch: docs/models*.md.
# Takes hours and 6 GB of packages; what was compared is kept in fixtures/, and a run that was cut short goes on.
FIXTURES_PYTHON = fixtures/venv/bin/python
fixtures: libtorch
	$(CARGO) build --release --locked $(FEATURES) --example compare_models
	@test -x $(FIXTURES_PYTHON) || $(PYTHON) -m venv fixtures/venv
	$(FIXTURES_PYTHON) -m pip install --quiet --disable-pip-version-check --requirement tools/fixtures.txt
	$(FIXTURES_PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps efficientnet-lite-pytorch==0.1.0
	$(FIXTURES_PYTHON) tools/compare_models.py formats
	$(FIXTURES_PYTHON) tools/compare_models.py opsets
	$(FIXTURES_PYTHON) tools/compare_models.py architectures

libtorch: needs
ifndef LIBTORCH
	@$(PYTHON) tools/fetch_libtorch.py $(if $(CUDA),--cuda)
endif

# Each missing need in one sentence.
needs:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust 1.95 or later (rustup)"; exit 1; }
	@command -v c++ >/dev/null || { echo "a C++ compiler is missing: install g++ (Debian: apt-get install g++)"; exit 1; }
ifndef LIBTORCH
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || { echo "Python 3 with pip is missing, which fetches libtorch (Debian: apt-get install python3-pip); or set LIBTORCH to the folder of libtorch 2.13"; exit 1; }
endif

clean:
	$(CARGO) clean
	rm -rf build .libtorch fixtures
