# The two commands are `make demo` and `make test`; both set up whatever is
# missing first. The rest is for working on quantc.

.DEFAULT_GOAL := help
.PHONY: help setup build demo test docs format benchmark clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## Install Debian packages and the private virtual environment, where missing
	@scripts/setup.sh

build: setup ## Configure and build everything
	@test -f build/build.ninja || { echo "build: configuring"; cmake --preset default >build.log 2>&1 \
	  || { cat build.log; rm -rf build build.log; exit 1; }; rm -f build.log; }
	@echo "build: compiling what changed"
	@cmake --build --preset default -- --quiet

demo: build ## Quantize, compile and evaluate two real models
	@examples/demo

test: build ## Run every test; the last line counts them
	@.venv/bin/python scripts/test.py

docs: build ## Write the generated pages of docs/reference
	@scripts/generate-docs.sh docs/reference

format: setup ## Format the C++ sources
	@git ls-files '*.cpp' '*.h' '*.c' | xargs clang-format-22 -i

benchmark: build ## Time the CPU kernels beside oneDNN, and with zero points
	@cmake --build --preset default -- --quiet benchmark-cpu-matmul benchmark-cpu-zero-points
	@build/bin/benchmark-cpu-matmul
	@build/bin/benchmark-cpu-zero-points

clean: ## Remove the build
	@rm -rf build
