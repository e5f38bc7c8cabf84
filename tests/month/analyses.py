"""The analyses that the month begins with: three projects, two of which build upon another one, and shared code."""

from __future__ import annotations

from pathlib import Path

from tests.properties import packages

LOCK = "requirements.txt"
CLEANING, ORDERS, REVENUE = "lib/cleaning.py", "projects/sales/data/orders.csv", "projects/sales/steps.py"
FORECAST, SUMMARY, MARGIN = "projects/forecast/steps.py", "projects/board/summary.py", "projects/sales/margin.py"
RIGHT_ROW, WRONG_ROW = "2026-01-28,south,40\n", "2026-01-28,south,4000\n"


def workspace(store: str, site: str) -> dict[str, str]:
    """The files of the first commit.

    Args:
        store: the address of the shared store.
        site: the folder where readers look.
    """
    return {
        "onward.toml": f'name = "acme"\ntitle = "Analyses of Acme"\nstore = "{store}"\npublish = "folder:{site}"\n',
        ".gitignore": ".onward/\n.venv/\n__pycache__/\n",
        LOCK: "alpha==1.0\n",
        CLEANING: '''\
"""What all projects share."""


def amount(row: dict[str, str]) -> int:
    """What an order brought, in EUR."""
    return int(row["amount"])
''',
        "projects/sales/onward.toml": (
            'title = "Sales"\nowner = "@ana"\nquestion = "What do the regions bring?"\n[gates.moves]\nrevenue = "2 %"\n'
        ),
        ORDERS: "day,region,amount\n"
        + "".join(f"2026-01-{day:02},{'north' if day % 2 else 'south'},{90 + day}\n" for day in range(1, 28)),
        REVENUE: '''\
"""Orders and what they brought."""

import csv
from pathlib import Path

import polars as pl
from cleaning import amount
from onward import asset, check


@asset(key=["day"])
def by_day(orders: Path) -> pl.DataFrame:
    """One row for each day."""
    with open(orders, newline="", encoding="utf-8") as file:
        rows = [{"day": row["day"], "region": row["region"], "amount": amount(row)} for row in csv.DictReader(file)]
    return pl.DataFrame(rows)


@asset(unit="EUR", title="Revenue")
def revenue(by_day: pl.DataFrame) -> int:
    """All that the orders of the month brought."""
    return int(by_day["amount"].sum())


@check(by_day)
def no_order_is_free(by_day: pl.DataFrame):
    return by_day.filter(pl.col("amount") <= 0)
''',
        "projects/forecast/onward.toml": 'title = "Forecast"\nowner = "@ben"\nquestion = "What comes next month?"\n',
        FORECAST: '''\
"""What comes next month."""

import alpha
from onward import asset, ref


@asset(unit="EUR", title="Expected revenue")
def expected(*, revenue: int = ref("sales/revenue"), growth: int = 3) -> float:
    """As this month, and a little more."""
    return revenue * (100 + growth) / 100 + alpha.NUMBER
''',
        "projects/board/onward.toml": 'title = "Board"\nowner = "@ana"\n',
        SUMMARY: '''\
"""What the board reads."""

from onward import asset, ref


@asset(title="Summary for the board")
def summary(*, revenue: int = ref("sales/revenue"), expected: float = ref("forecast/expected")) -> str:
    """One page."""
    return f"# This month\\n\\nRevenue: {revenue} EUR. Expected: {expected:.0f} EUR.\\n"
''',
    }  # fmt: skip


def install(folder: Path) -> None:
    """Brings `.venv` to what the lock names, with the libraries that these tests have."""
    lock = folder / LOCK
    if lock.exists():
        wanted = [line.split("==") for line in lock.read_text("utf-8").split()]
        packages.install(folder, {name: int(float(version)) for name, version in wanted}, with_own=True)
