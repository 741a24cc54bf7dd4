# `make` or `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS := tests/unit $(sort $(dir $(wildcard tests/integration/*/test_*.py))) tests/fault tests/e2e
PROTOS := $(shell find protos -name '*.proto')

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# The environment: hash-pinned packages, then this project in place. All of it is compiled once, because dozens of
# processes start from it, some of them where Python may not or shall not keep what it compiled.
$(VENV)/.ready: requirements/dev.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Oncordia needs Python 3.11 or newer; try make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@echo "Installing the packages of requirements/dev.txt"
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt requirements/uv.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

services/oncordia/.ready: $(PROTOS) $(VENV)/.ready
	@rm -rf services/.generated && mkdir -p services/.generated/oncordia
	@$(BIN)/python -m grpc_tools.protoc -I protos --python_out=services/.generated --grpc_python_out=services/.generated \
		--plugin=protoc-gen-mypy=$(BIN)/protoc-gen-mypy --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
		--mypy_out=quiet:services/.generated --mypy_grpc_out=quiet:services/.generated $(PROTOS)
	@touch services/.generated/oncordia/.ready
	@rm -rf services/oncordia && mv services/.generated/oncordia services/oncordia && rmdir services/.generated
	@$(BIN)/python -m compileall -q services

.PHONY: install
install: services/oncordia/.ready ## the environment in .venv and the generated code

.PHONY: protos
protos: services/oncordia/.ready ## the Python code of the APIs, from protos/

.PHONY: format
format: install ## format code and protos
	$(BIN)/ruff check --fix --exit-zero --quiet services tests
	$(BIN)/ruff format --quiet services tests
	$(BIN)/buf format -w protos

.PHONY: lint
lint: install ## style, types, layers, protos
	$(BIN)/ruff check services tests
	$(BIN)/ruff format --check services tests
	$(BIN)/mypy services tests
	$(BIN)/lint-imports
	$(BIN)/buf lint protos
	$(BIN)/buf format --diff --exit-code protos
	$(BIN)/buf breaking protos --against protos/released.binpb

.PHONY: release-protos
release-protos: install ## make the APIs as they are the release that `make lint` compares with; once a version, with its tag
	$(BIN)/buf build protos -o protos/released.binpb

.PHONY: lock
lock: $(VENV)/.ready ## compile the hash-pinned requirements anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml \
		--extra all --group build --group dev -o requirements/dev.txt
	echo uv | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header - -o requirements/uv.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --constraint requirements/dev.txt \
		--group build -o requirements/build.txt
	for image in hub node evaluation; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --constraint requirements/dev.txt \
			pyproject.toml --extra image-$$image -o requirements/$$image.txt; \
	done

.PHONY: demo
demo: install ## run the whole thing: a hub, eight nodes, a query across borders, its trace, its proof
	@$(BIN)/python -m stack demo

.PHONY: up
up: install ## the same stack for own use, until Ctrl-C or `make down`
	@$(BIN)/python -m stack up

.PHONY: down
down: install ## end the stack that `make up` started
	@$(BIN)/python -m stack down

.PHONY: test
test: install ## all tests; each folder with a Kafka and a PostgreSQL of its own
	@for folder in $(TESTS); do echo "$$folder"; $(BIN)/pytest $$folder; done

.PHONY: test-unit
test-unit: install ## the tests that need nothing, in seconds
	$(BIN)/pytest tests/unit

.PHONY: images
images: ## the container images of helm/Dockerfile, with buildah or docker
	@helm/images.sh

.PHONY: cluster-test
cluster-test: install ## both charts on the cluster of KUBECONFIG, or on the single node that CLUSTER_DIR brings up (root)
	@tests/cluster/run.sh

MINUTES ?= 25
CASES ?= 1000
SEED ?= 1
.PHONY: campaign
campaign: install ## bytes of the audit log changed in CASES, faults of the stack for MINUTES; writes docs/reports
	$(BIN)/python -m tests.integration.foreign.campaign --cases $(CASES) --seed $(SEED)
	$(BIN)/python -m tests.fault.campaign --minutes $(MINUTES) --seed $(SEED)

.PHONY: bench
bench: install ## measure the figures of docs/figures.md; FIGURE=audit_ingest for one of them
	$(BIN)/python -m tests.bench $(FIGURE)

.PHONY: clean
clean: ## forget the environment, the generated code and the stack's data
	rm -rf $(VENV) services/oncordia .run
