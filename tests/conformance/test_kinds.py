"""Every registered kind of step passes the suite of `onward.testing.kinds`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from onward.model.ports import StepKind
from onward.steps.registry import kinds
from onward.testing.kinds import StepKindSuite


class TestFunctionKind(StepKindSuite):
    sources = ("orders", "flights")

    def make_kind(self) -> StepKind:
        return kinds()["function"]

    def samples(self) -> Mapping[str, str]:
        return {
            "steps.py": "from onward import asset\n\n@asset\ndef total(orders, *, limit: int = 3) -> float:\n"
            '    """All of it."""\n    return 1.0\n',
            "two.py": "import onward as ow\n\n@ow.asset(name='a', unit='min')\ndef one(): ...\n\n"
            "@ow.asset\ndef two(one_more=ow.ref(one), *, flights): ...\n",
        }


class TestFunctionCheck(StepKindSuite):
    sources = ("orders",)

    def make_kind(self) -> StepKind:
        return kinds()["check"]

    def samples(self) -> Mapping[str, str]:
        return {
            "checks.py": "from onward import check\n\n"
            "@check('orders', severity='warn')\ndef c(orders):\n    return []\n"
        }


class TestScriptKind(StepKindSuite):
    def make_kind(self) -> StepKind:
        return kinds()["script"]

    def samples(self) -> Mapping[str, str]:
        return {
            "train.py": "import onward as ow\now.save('model', ow.load('orders'))\nopen('out.txt', 'w').write('x')\n",
            "guarded.py": "def main():\n    pass\n\nif __name__ == '__main__':\n    main()\n",
        }


class TestSqlKind(StepKindSuite):
    def make_kind(self) -> StepKind:
        return kinds()["sql"]

    def samples(self) -> Mapping[str, str]:
        return {"orders.sql": "-- All orders.\nselect * from raw join sales.more using (id)\n"}


class TestCommandKind(StepKindSuite):
    sources = ("flights",)

    def make_kind(self) -> StepKind:
        return kinds()["command"]

    def samples(self) -> Mapping[str, str]:
        return {
            "onward.toml": '[commands.clean]\nrun = "Rscript clean.R {flights} out.csv"\ninputs = ["flights", "a/"]\n'
            'outputs = ["out.csv"]\nenv = {LEVEL = "1"}\n\n[commands."mit blank"]\nrun = ["tool", "--all"]\n'
        }


class TestNotebookKind(StepKindSuite):
    def make_kind(self) -> StepKind:
        return kinds()["notebook"]

    def samples(self) -> Mapping[str, str]:
        cells = [
            {"cell_type": "markdown", "metadata": {}, "source": ["# A title\n"]},
            {"cell_type": "code", "metadata": {}, "source": ["1 + 1\n"], "outputs": [], "execution_count": None},
        ]
        return {"report.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})}


def test_every_registered_kind_is_put_through_the_suite() -> None:
    suites = [suite for suite in globals().values() if isinstance(suite, type) and suite is not StepKindSuite]
    tested = {suite().make_kind().name for suite in suites if issubclass(suite, StepKindSuite)}
    assert tested == set(kinds())
