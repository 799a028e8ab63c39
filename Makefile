# The words of the workshop. `make check` is what CI runs.
UV ?= uv
PYTHON ?= python3
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-build

.PHONY: check format lock upgrade

check:
	./test

format: # what a machine can mend
	.venv/bin/python -m ruff check --fix .
	.venv/bin/python -m ruff format .

lock: # pins for what pyproject.toml asks; those that still fit stay
	$(COMPILE) $(UPGRADE) --extra all -o requirements.lock pyproject.toml
	$(COMPILE) $(UPGRADE) --extra all --extra browser -c requirements.lock -o requirements-browser.lock pyproject.toml
	$(COMPILE) $(UPGRADE) --extra test -c requirements.lock -o requirements-test.lock pyproject.toml
	./test --version && .venv/bin/python -m benchmarks.packages extras

upgrade: # the newest of everything, pip included
	$(MAKE) lock UPGRADE=--upgrade
	rm -f vendor/pip-*.whl
	$(PYTHON) -m pip download --quiet --no-deps --only-binary :all: -d vendor pip
