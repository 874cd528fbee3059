# Everything a newcomer needs; see README.md. Only Python 3.11 or newer and make must be there.
PYTHON ?= python3
BOOT = $(PYTHON) config/run/bootstrap.py

.PHONY: run test bench chaos cluster soak mutants lint format messages lock audit im-desk

# Without a shell in between, and with make's process id: the site stops when make is gone.
run:
	@MAKE_PID=$$PPID; export MAKE_PID; exec $(BOOT) run

test:
	@$(BOOT) test

bench:
	@$(BOOT) bench

# Breaks everything around a site under load, one thing at a time. CASES="redis web" chooses, WRITE=1 writes docs/chaos.md.
chaos:
	@$(BOOT) chaos

# Sites on a database and a broker of three servers each, and on three hosts with all of it, which go and come back under load.
cluster:
	@CLUSTER=1 $(BOOT) cluster

# Whether anything grows under steady load: an hour, or MINUTES=3. WRITE=1 writes docs/chaos.md.
soak:
	@$(BOOT) soak

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
