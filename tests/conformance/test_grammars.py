"""Every grammar passes the suite of `onward.testing.grammars`."""

from __future__ import annotations

import sys
from pathlib import Path

from onward.app.environments.grammar import ChildGrammar
from onward.languages.python.parse import OWN
from onward.model.ports import Grammar
from onward.testing.grammars import GrammarSuite


class TestThisPython(GrammarSuite):
    def make_grammar(self) -> Grammar:
        return OWN


class TestAChild(GrammarSuite):
    def make_grammar(self) -> Grammar:
        return ChildGrammar(Path(sys.executable), OWN.name)
