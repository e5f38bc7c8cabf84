"""What libraries read and write below Python is seen as well."""

from __future__ import annotations

import pytest

from tests.unit.runtime.watching import workspace


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """A workspace with small tables of several forms."""
    import pandas as pd
    import pyarrow.feather

    with workspace(tmp_path_factory.mktemp("libraries")) as running:
        frame = pd.DataFrame({"x": [1, 2], "y": ["a", "b"]})
        for name in ("in", "part/1", "part/2"):
            place = running.root / "data" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            frame.to_csv(f"{place}.csv", index=False)
            frame.to_parquet(f"{place}.parquet", index=False)
        pyarrow.feather.write_feather(frame, str(running.root / "data/in.arrow"))
        yield running


PARTS = ["data/part/1.parquet", "data/part/2.parquet"]


@pytest.mark.parametrize(
    ("code", "read", "written", "module"),
    [
        ("import pandas as pd; pd.read_csv('data/in.csv')", ["data/in.csv"], [], "pandas"),
        ("import pandas as pd; pd.read_csv('data/in.csv', engine='python')", ["data/in.csv"], [], "pandas"),
        ("import pandas as pd; pd.read_parquet('data/in.parquet')", ["data/in.parquet"], [], "pyarrow"),
        ("import pandas as pd; pd.DataFrame({'a': [1]}).to_csv('o.csv')", [], ["o.csv"], "pandas"),
        ("import pandas as pd; pd.DataFrame({'a': [1]}).to_parquet('o.parquet')", [], ["o.parquet"], "pandas"),
        ("import polars as pl; pl.read_csv('data/in.csv')", ["data/in.csv"], [], "polars"),
        ("import polars as pl; pl.scan_parquet('data/in.parquet').collect()", ["data/in.parquet"], [], "polars"),
        ("import polars as pl; pl.scan_parquet('data/part/*.parquet').collect()", PARTS, [], "polars"),
        ("import polars as pl; pl.read_ipc('data/in.arrow')", ["data/in.arrow"], [], "polars"),
        ("import polars as pl; pl.DataFrame({'a': [1]}).write_parquet('p.parquet')", [], ["p.parquet"], "polars"),
        ("import polars as pl; pl.LazyFrame({'a': [1]}).sink_csv('p.csv')", [], ["p.csv"], "polars"),
        ("import pyarrow.csv as c; c.read_csv('data/in.csv')", ["data/in.csv"], [], "pyarrow"),
        ("import pyarrow.dataset as d; d.dataset('data/part', exclude_invalid_files=True).to_table()",
         ["data/part/1.csv", *PARTS[:1], "data/part/2.csv", *PARTS[1:]], [], "pyarrow"),
        ("import duckdb; duckdb.sql(\"from 'data/in.csv'\").fetchall()", ["data/in.csv"], [], "duckdb"),
        ("import duckdb; duckdb.read_parquet('data/part/*.parquet').fetchall()", PARTS, [], "duckdb"),
        ("import duckdb; duckdb.sql(\"copy (select 1) to 'd.parquet'\")", [], ["d.parquet"], "duckdb"),
        ("import numpy as np; np.save('n.npy', np.arange(3)); np.load('n.npy', mmap_mode='r')", [], ["n.npy"], "numpy"),
        ("import numpy as np; np.loadtxt('data/in.csv', dtype=str)", ["data/in.csv"], [], "numpy"),
    ],
)  # fmt: skip
def test_a_library_is_seen(parent, code, read, written, module):
    found = parent.run(code)
    assert (found["read"], found["written"]) == (read, written)
    assert module in found.record["modules"]
    assert found.record["confidence"] == "complete", found.record["reasons"]
    for name in written:
        (parent.root / name).unlink()


def test_folders_that_a_library_searches_are_listed(parent):
    found = parent.run("import polars as pl; pl.scan_parquet('data/part/*.parquet').collect()")
    assert found.record["listed"][-1]["names"] == ["1.csv", "1.parquet", "2.csv", "2.parquet"]


def test_metadata_of_packages_is_told(parent):
    found = parent.run("import importlib.metadata; importlib.metadata.version('numpy')")
    assert [name.partition("-")[0] for name in found.record["distributions"]] == ["numpy"]
    assert found["read"] == []


def test_who_asks_for_entry_points_has_not_read_every_distribution(parent):
    found = parent.run("import importlib.metadata\nlist(importlib.metadata.entry_points())")
    assert found.record["distributions"] == []
    assert "importlib.metadata" in found.record["modules"]


def test_what_was_looked_for_and_is_not_there_is_told(parent):
    found = parent.run("try:\n    import no_such_module\nexcept ImportError:\n    pass")
    assert found.record["missing"] == ["no_such_module"]
