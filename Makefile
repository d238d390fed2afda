# Everything runs in a virtual environment of its own; nothing needs to be prepared by hand.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN := QT_API=pyqt6
DEMO ?= demo
# Scripts that run the programs which train from the datasets, and images to export.
CLIENTS ?= $(or $(TILES_TEST_CLIENTS),$(wildcard ../shared/clients))
IMAGES ?= $(or $(TILES_TEST_DATA),$(wildcard ../shared/data))

.PHONY: help demo test large check napari screenshots benchmark clients clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.core  ## sample images, exported for a UNet and a YOLO
	@sh scripts/demo.sh $(BIN) $(DEMO)

test: $(VENV)/.test  ## the whole test suite, windows included, without a screen
	@sh scripts/system_libraries.sh
	$(RUN) $(BIN)/python -m pytest

large: $(VENV)/.test  ## the tests that need minutes and gigabytes: images of up to 100,000 x 100,000 px
	$(RUN) $(BIN)/python -m pytest -m large

check: $(VENV)/.check  ## lint, types, contracts between layers, the plugin's manifest
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/npe2 validate src/napari_tiles_creator/napari.yaml

napari: $(VENV)/.all  ## napari with the widget docked; OPEN='files' opens these too
	$(RUN) $(BIN)/napari $(OPEN) -w napari-tiles-creator "Tiles Creator"

screenshots: $(VENV)/.test  ## the pictures in docs/images, from a real window
	@sh scripts/system_libraries.sh
	$(RUN) $(BIN)/python scripts/make_screenshots.py
	$(BIN)/python scripts/make_merge_pictures.py

benchmark: $(VENV)/.benchmark $(VENV)/.test  ## export rates beside a plain loop and patchify; scans beside tifffile; annotations; merging beside its peers; how long the dock keeps napari waiting
	@sh scripts/system_libraries.sh
	$(BIN)/python benchmarks/export_rate.py
	$(BIN)/python benchmarks/scan_rate.py
	$(BIN)/python benchmarks/annotation_rate.py
	$(BIN)/python benchmarks/merge_rate.py --peers $(VENV)/peers
	$(RUN) $(BIN)/python benchmarks/widget_latency.py

clients: $(VENV)/.core  ## the programs that train from the datasets judge them, and stitch beside merge, each in an environment of its own (7 GB, half an hour)
	@[ -d "$(CLIENTS)" ] || { echo "CLIENTS names no folder of scripts that run the clients: make clients CLIENTS=…" >&2; exit 1; }
	@[ -d "$(IMAGES)" ] || { echo "IMAGES names no folder of images: make clients IMAGES=…" >&2; exit 1; }
	@sh scripts/system_libraries.sh
	$(BIN)/python scripts/clients "$(CLIENTS)" --data "$(IMAGES)" --page docs/reference/clients.md --stitching docs/reference/stitching.md

clean:  ## remove the virtual environments and the demo
	rm -rf $(VENV) .venv-clients $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.core: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) $(VENV) .
	@touch $@

$(VENV)/.all: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) $(VENV) ".[all]"
	@touch $@

$(VENV)/.test: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) $(VENV) ".[all,test]"
	@touch $@

$(VENV)/.check: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) $(VENV) ".[check]"
	@touch $@

$(VENV)/.benchmark: pyproject.toml
	@sh scripts/venv.sh $(PYTHON) $(VENV) ".[benchmark]"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps "patchify>=0.2.3"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(VENV)/peers microglia-analyzer tiler tqdm
	@touch $@
