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

# pdf.js for the demo's files app: served from where npm puts it, not embedded.
.PHONY: demo-web
demo-web: .stamp/demo-web

.stamp/demo-web: demo/filesapp/web/package-lock.json
	@cd demo/filesapp/web && npm ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p .stamp && touch $@

# oidc-provider: the company's OpenID provider in the tests of sign-in.
.PHONY: test-provider
test-provider: .stamp/test-provider

.stamp/test-provider: test/signin/oidcprovider/package-lock.json
	@cd test/signin/oidcprovider && npm ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p .stamp && touch $@

.PHONY: test
test: ## everything: installs what the tests need (root or sudo), then Go and browser tests
	build/test-prereqs.sh
	$(MAKE) --no-print-directory test-go
	$(MAKE) --no-print-directory test-browser

.PHONY: test-go
test-go: data demo-web test-provider ## Go tests, with the race detector
	build/test-go.sh

.PHONY: test-browser
test-browser: build demo-web test-provider ## tests in Chromium and Firefox, ways around a download policy among them
	cd test/browser && npm ci --ignore-scripts --no-audit --no-fund --silent && REFEREE_BIN="$(CURDIR)/bin/referee" npm test

.PHONY: test-bypass
test-bypass: build demo-web ## only the ways around a policy, in both browsers; writes docs/reference/bypasses.md
	cd test/browser && npm ci --ignore-scripts --no-audit --no-fund --silent && REFEREE_BIN="$(CURDIR)/bin/referee" npm test -- bypass && npm run --silent table

.PHONY: test-rewriting
test-rewriting: build demo-web ## only what breaks rewriting proxies, in both browsers; writes docs/reference/rewriting.md
	cd test/browser && npm ci --ignore-scripts --no-audit --no-fund --silent && REFEREE_BIN="$(CURDIR)/bin/referee" npm test -- rewriting && node rewriting/table.mjs

.PHONY: demo
demo: build demo-web ## Referee with a director, a contractor, an employee and a files app; prints one link
	bin/referee demo

.PHONY: demo-real
demo-real: build demo-web ## the demo with a real web app under the same policy
	bin/referee demo --real

.PHONY: dev
dev: data demo-web ## the demo from source, with the race detector
	$(GO) run -race -buildvcs=false -ldflags '$(LDFLAGS)' ./cmd/referee demo

.PHONY: bench
bench: data ## benchmarks (BENCH=regexp), then Referee beside its peers
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...
	build/test-prereqs.sh
	$(GO) build -buildvcs=false -o bin/bench ./test/bench
	bin/bench -json bin/bench.json
	$(MAKE) --no-print-directory bench-dlp

.PHONY: bench-dlp
bench-dlp: ## content inspection beside gitleaks, ripgrep and vectorscan
	build/test-prereqs.sh
	GOBIN='$(CURDIR)/bin' $(GO) install github.com/zricethezav/gitleaks/v8@v8.30.1
	$(GO) build -buildvcs=false -o bin/bench-dlp ./test/bench/dlp
	bin/bench-dlp -json bin/bench-dlp.json

.PHONY: accept
accept: build demo-web ## the long runs: kill -9 under load, simulated tenants (hours)
	$(GO) test -tags accept -count=1 -timeout 6h -v ./test/accept/...

.PHONY: fuzz
fuzz: data ## every fuzz test, FUZZTIME (20s) each
	build/fuzz.sh $(FUZZTIME)

.PHONY: lint
lint: ## formatting, vet, staticcheck, architecture, dependencies, TypeScript types
	build/lint.sh

.PHONY: gen
gen: ## generated code: the client script's bundle, and every go:generate
	$(GO) run -buildvcs=false ./gateway/shim/build
	$(GO) generate ./...

.PHONY: docs
docs: ## generated pages: every go:generate that writes below docs/
	$(GO) generate -run docs/ ./...

.PHONY: clean
clean: ## removes what the build made
	rm -rf bin dist .stamp build/data/node_modules demo/filesapp/web/node_modules test/signin/oidcprovider/node_modules enrich/data/*.bin.zst
