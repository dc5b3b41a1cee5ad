"""Run the command line as ``python -m cytogate``."""

from __future__ import annotations

from cytogate.cli.main import main

if __name__ == "__main__":
    main()
