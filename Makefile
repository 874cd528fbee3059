# Everything a newcomer needs; see README.md. Only Python 3.11 or newer and make must be there.
PYTHON ?= python3
BOOT = $(PYTHON) config/run/bootstrap.py

.PHONY: run test bench mutants lint format messages lock audit im-desk

# Without a shell in between, and with make's process id: the site stops when make is gone.
run:
	@MAKE_PID=$$PPID; export MAKE_PID; exec $(BOOT) run

test:
	@$(BOOT) test

bench:
	@$(BOOT) bench

# How much the tests notice. By hand: SAMPLE=20 SEED=1 PARTS="values permit" choose less than all.
mutants:
	@$(BOOT) mutants

lint:
	@$(BOOT) lint

format:
	@$(BOOT) format

# The newest allowed versions of all packages, with their hashes, into requirements*.lock.
lock:
	@$(BOOT) lock

# Known vulnerabilities of the locked packages.
audit:
	@$(BOOT) audit

# Needs GNU gettext.
messages:
	@$(BOOT) messages

# Tencent's chat client for /desk/im/. Needs Node.js 18 or newer and npm; nothing else here does.
im-desk:
	cd seats/im && npm ci && npm run build
