# The three commands that everybody relies on. Each sets up what it needs first; a second run is cheap.
BIN := .venv/bin

.PHONY: run test bench bench-protocols clean

run:
	@.ci/setup runtime
	@$(BIN)/fleeting demo

test:
	@.ci/setup development
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile

bench:
	@.ci/setup development
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench  # as the program itself sets it

# Twins of CASME II and SMIC-HS as large as the real ones; FACES=DIR names portraits for their persons. Half an hour.
bench-protocols:
	@.ci/setup development
	$(BIN)/python -m training bench protocols $(if $(FACES),--faces $(FACES))

clean:
	rm -rf .venv build dist bench-results
