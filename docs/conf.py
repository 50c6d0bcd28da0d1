"""How Sphinx builds the documentation: `make docs` writes it to docs/_build, and docs/_build/index.html opens offline.

Pages are Markdown files anywhere in the repository, so that their links work here and in a web view of the repository
alike. What stands in which part of the menu is listed here, and not in the pages.
"""

import tomllib
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

MENU = {
    "Start": ["README", "docs/tutorial"],
    "How to": [
        "docs/cohort",
        "docs/slurm",
        "docs/gpu",
        "docs/chunks",
        "docs/million",
        "docs/external",
        "docs/own-model",
        "docs/module",
    ],
    "Reference": ["config/README", "docs/files", "resources/README", "envs/README"],
    "Explanation": [
        "docs/statistics",
        "docs/verdict",
        "docs/models",
        "docs/privacy",
        "docs/scans",
        "docs/imputation",
        "docs/latent",
    ],
    "Measurements": [
        "docs/paper",
        "docs/benchmarks",
        "docs/benchmarks-details",
        "docs/privacy-measured",
        "docs/latent-measured",
        "docs/coverage",
        "docs/resources",
        "docs/scale",
    ],
    "Development": ["CONTRIBUTING", "CHANGELOG"],
}
"""Pages by part of the menu. A page of docs/ that is in none of them joins the reference."""

project = "Artificial genomes"
release = PROJECT["version"]
extensions = ["myst_parser"]
root_doc = "docs/README"
include_patterns = ["docs/*.md", *(f"{page}.md" for pages in MENU.values() for page in pages)]
exclude_patterns = [".*", "results", "resources/data", "logs", "benchmarks", "authors", "docs/_build"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_sourcelink = False


def add_menu(app: Sphinx, name: str, source: list[str]) -> None:
    """Append the menu, which is not shown, to the first page."""
    if name != root_doc:
        return
    listed = {page for pages in MENU.values() for page in pages}
    others = sorted(page for path in ROOT.glob("docs/*.md") if (page := f"docs/{path.stem}") not in {*listed, root_doc})
    for caption, pages in MENU.items():
        entries = "\n".join(f"/{page}" for page in [*pages, *(others if caption == "Reference" else [])])
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the menu."""
    app.connect("source-read", add_menu)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
