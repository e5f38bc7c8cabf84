"""Notebooks, as Jupyter reads them: their code as Python, and what of them a page shows."""

from onward.languages.notebook.document import analyse

__all__ = ["analyse"]
