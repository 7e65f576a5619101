# What a newcomer, a developer and CI call; `make` alone lists it.
INVENTORY ?= inventories/library
SLAVES ?=
FIRMWARE ?= bios
ROUNDS ?= 1
PYTHON ?= python3

BIN := .venv/bin
LAB := $(BIN)/python -m tests.lab
SCENARIOS := $(patsubst molecule/%/molecule.yml,%,$(wildcard molecule/*/molecule.yml))

.DEFAULT_GOAL := help
.PHONY: help demo bench bench-boot bench-roots bench-trees test venv packages-demo packages-test lint unit sanity molecule boot clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: venv packages-demo ## a virtual library: a master is converged, a slave boots from it (INVENTORY=, SLAVES="pc01 pc07", FIRMWARE=)
	@$(LAB) demo --inventory '$(INVENTORY)' --slaves '$(SLAVES)' --firmware '$(FIRMWARE)'

bench: bench-boot bench-roots bench-trees ## all three of what follows (ROUNDS=3); no part of test

bench-boot: venv packages-demo ## boots against LTSP with the same root, written to docs/boot-figures.md
	@$(LAB) exec --id bench -- $(BIN)/python -m bench.boot --rounds '$(ROUNDS)'

bench-roots: venv packages-demo ## what each kind of root costs, written to docs/nbd-figures.md
	@$(LAB) exec --id bench -- $(BIN)/python -m bench.roots --rounds '$(ROUNDS)'

bench-trees: venv packages-demo ## trees of slaves against copies by rsync and cp, written to docs/tree-figures.md
	@$(LAB) exec --id bench -- $(BIN)/python -m bench.trees --rounds '$(ROUNDS)'

test: lint unit sanity molecule boot ## everything below, in this order

venv: .venv/installed ## the Python environment .venv alone

.venv/installed: requirements.txt requirements-dev.txt
	@command -v $(PYTHON) >/dev/null && $(PYTHON) -c 'import ensurepip' 2>/dev/null || tests/install-packages.sh tests/debian-packages-demo.txt
	@echo 'Installing the Python packages of requirements-dev.txt into .venv'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

packages-demo:
	@tests/install-packages.sh tests/debian-packages-demo.txt

packages-test:
	@tests/install-packages.sh tests/debian-packages-demo.txt tests/debian-packages-test.txt

lint: venv packages-test ## style and types: ruff, mypy, yamllint, ansible-lint, shellcheck
	@tests/lint.sh

unit: venv packages-test ## the pure functions, by tables
	@$(BIN)/pytest --quiet --numprocesses auto tests/unit

sanity: venv packages-test ## ansible-test sanity
	@tests/sanity.sh

molecule: venv packages-test ## each role on a master of its own (SCENARIOS="dhcp_server ...")
	@tests/molecule.sh $(SCENARIOS)

boot: venv packages-test ## real boots: a converged master, slaves from power-on to login
	@tests/boot.sh

clean: ## remove what was built, the environment too
	@if [ -x $(BIN)/python ]; then $(LAB) clean; fi
	@rm -rf build .venv .mypy_cache .ruff_cache .pytest_cache .ansible *.tar.gz
