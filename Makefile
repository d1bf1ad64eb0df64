# Referee. `make help` lists the targets. Needs Go, Node with npm, git, make and g++; see README.md.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

GO ?= go
FUZZTIME ?= 20s
BENCH ?= .
MODULE := github.com/referee-casb/referee
# git describe in a clone, the file in an archive.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || cat VERSION)
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
LDFLAGS := -X $(MODULE)/internal/buildinfo.version=$(VERSION) -X $(MODULE)/internal/buildinfo.commit=$(COMMIT)

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: data ## bin/referee
	$(GO) build -buildvcs=false -trimpath -ldflags '$(LDFLAGS)' -o bin/referee ./cmd/referee

# The address tables: fetched by npm as the lock file says, converted, embedded by package enrich. Only when something
# changed. NODATA=1 leaves them out, for machines without a network: addresses then have no country and no network.
.PHONY: data
data: ## address tables for enrich (NODATA=1 skips them)
ifndef NODATA
data: .stamp/data
endif

.stamp/data: build/data/package-lock.json build/data/main.go $(wildcard enrich/rangetable/*.go)
	@cd build/data && npm ci --ignore-scripts --no-audit --no-fund --silent \
	  || { echo 'make: the address lists could not be fetched; NODATA=1 builds without them' >&2; exit 1; }
	@$(GO) run -buildvcs=false ./build/data
	@mkdir -p .stamp && touch $@

.PHONY: test
test: ## everything: installs what the tests need (root or sudo), then Go and browser tests
	build/test-prereqs.sh
	$(MAKE) --no-print-directory data
	$(MAKE) --no-print-directory test-go
	$(MAKE) --no-print-directory test-browser

.PHONY: test-go
test-go: data ## Go tests, with the race detector
	build/test-go.sh

.PHONY: test-browser
test-browser: build ## tests in Chromium and Firefox
	cd test/browser && npm ci --ignore-scripts --no-audit --no-fund --silent && npm test

.PHONY: demo
demo: build ## Referee with a director, a contractor, an employee and a files app; prints one link
	bin/referee demo

.PHONY: bench
bench: data ## benchmarks (BENCH=regexp)
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem $$($(GO) list ./... | grep -v /internal/pin)

.PHONY: fuzz
fuzz: ## every fuzz test, FUZZTIME (20s) each
	build/fuzz.sh $(FUZZTIME)

.PHONY: lint
lint: ## formatting, vet, staticcheck, architecture, TypeScript types
	build/lint.sh

.PHONY: gen
gen: ## generated code
	$(GO) generate ./...

.PHONY: clean
clean: ## removes what the build made
	rm -rf bin dist .stamp build/data/node_modules enrich/data/*.bin.zst
