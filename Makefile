# Needs make and Go; see `make help`.

# Nothing here is written in C, and a compiler that does not work must not matter.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help test check lint e2e bench ui build

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile

# Some tests build the server and run it, which the cache of test results does
# not see: hence -count=1.
test: ## run the tests; last it says what could not be tested here, and why
	@go run ./internal/testsummary -count=1 ./...

check: lint test ## lint and test, offline

lint: ## look for mistakes, with the linters that are installed
	@.ci/lint

e2e: ## run the browser tests only
	@go run ./internal/testsummary -count=1 -run Browser ./...

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

ui: ## build webui/dist again from webui/src
	go generate ./webui

build: ## build bin/renewd, one static file
	go build -trimpath -o bin/ ./cmd/renewd
