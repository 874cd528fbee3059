# Everything a newcomer needs; see README.md. Only Python 3.11 or newer and make must be there.
PYTHON ?= python3
BOOT = $(PYTHON) config/bootstrap.py

.PHONY: run test bench lint format messages

run:
	@$(BOOT) run

test:
	@$(BOOT) test

bench:
	@$(BOOT) bench

lint:
	@$(BOOT) lint

format:
	@$(BOOT) format

# Needs GNU gettext.
messages:
	@$(BOOT) messages
