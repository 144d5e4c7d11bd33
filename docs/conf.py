"""Sphinx settings. Nothing here, and nothing on the pages, needs a network to build."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

_PROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "Sealstamp"
author = "The Sealstamp maintainers"
copyright = author
version = release = _PROJECT["version"]

extensions = ["myst_parser", "from_the_code"]
exclude_patterns = ["_build", "_ext"]
nitpicky = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Sealstamp {release}"
html_copy_source = False
html_show_sourcelink = False
