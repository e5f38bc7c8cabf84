"""The benchmark's own parts: right answers are right, wrong ones are seen, the page keeps what is around its tables."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import environments, report
from benchmarks.environments import NotInstalledError
from benchmarks.measure import Sample, Series, run, variables
from benchmarks.peers import MISSING, Doit, Dvc, Ninja, Onward, Peer, Snakemake, version_of, wrong
from benchmarks.shapes import LAYERS, SPECIAL_STEPS, TrivialWorkload, trivial
from benchmarks.situations import Bench, FailedRunError, Precision, Row, Table, precision
from benchmarks.workload import Form

COUNT = 30
SIZES = st.integers(SPECIAL_STEPS, 60).map(lambda width: width * LAYERS)


@given(SIZES, st.integers(1, 12))
def test_a_shape_has_its_steps_in_an_order_in_which_they_can_run(count: int, per_file: int) -> None:
    shape = trivial(count, per_file)
    seen: set[str] = set()
    for step in shape.steps:
        assert seen.issuperset(step.inputs)
        assert len(set(step.inputs)) == (0 if step.seed else 2)
        seen.add(step.name)
    assert len(seen) == len(shape.steps) == count
    assert max(len(steps) for steps in shape.files().values()) <= per_file


@given(SIZES)
def test_what_a_change_reaches_is_what_gets_another_answer_and_nothing_else(count: int) -> None:
    shape = trivial(count)
    first = shape.world
    before = shape.answers(first)
    edits = (first.with_comment(), first.with_other_function(), first.with_other_data())
    for changed in (*edits, first.with_edited(shape.middle)):
        after = shape.answers(changed)
        assert shape.reached(first, changed) == {name for name in before if before[name] != after[name]}
    assert len(shape.reached(first, first.with_other_function())) == SPECIAL_STEPS


def test_another_spelling_reaches_the_step_that_reads_it_and_changes_no_answer() -> None:
    shape = trivial(COUNT)
    spelled = shape.world.with_other_spelling()
    assert shape.answers(spelled) == shape.answers(shape.world)
    assert shape.reached(shape.world, spelled) == {shape.steps[0].name}


def test_an_edit_in_a_middle_layer_reaches_two_layers_more() -> None:
    shape = trivial(COUNT)
    reached = shape.reached(shape.world, shape.world.with_edited(shape.middle))
    assert sorted(name.partition("_")[0] for name in reached) == ["s2", *["s3"] * 2, *["s4"] * 3]


@pytest.mark.parametrize("form", ["rules", "onward", "onward files"])
def test_a_change_writes_the_files_that_say_it_and_no_others(form: Form, tmp_path: Path) -> None:
    workload = TrivialWorkload(COUNT)
    workload.write(tmp_path, form)
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    first = workload.world
    for world, written in (
        (first, set()),
        (first.with_comment(), {"shared"}),
        (first.with_other_data(), {"seed_0000"}),
        (first.with_other_spelling(), {"seed_0000"}),
        (first.with_edited(workload.shape.middle), {"s2_0000" if form == "onward files" else "layer2_0000"}),
    ):
        before = {path: path.read_text() for path in files}
        workload.change(world, tmp_path)
        assert {path.stem for path in files if path.read_text() != before[path]} == written
        assert workload.answers() == workload.shape.answers(world)
        workload.change(first, tmp_path)


def test_a_touch_gives_every_file_another_time_and_changes_none(tmp_path: Path) -> None:
    workload = TrivialWorkload(COUNT)
    workload.write(tmp_path, "rules")
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.rglob("*.*")}
    workload.touch(tmp_path)
    for path, (changed_at, content) in before.items():
        assert path.stat().st_mtime_ns > changed_at
        assert path.read_bytes() == content


@pytest.mark.parametrize("count", [0, 29, 33, LAYERS * (SPECIAL_STEPS - 1)])
def test_a_count_that_makes_no_even_layers_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="layers"):
        trivial(count)


def workload() -> TrivialWorkload:
    return TrivialWorkload(COUNT)


@pytest.mark.parametrize(
    "peer",
    [Ninja(), Doit(), Doit(in_process=True), Onward(), Onward("onward files", "scripts")],
    ids=lambda peer: peer.name,
)
def test_each_tool_gives_the_right_answers_once_and_is_caught_when_one_is_lost(peer: Peer, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "bench", [(peer, workload)])
    assert bench.run(peer)[1:] == (COUNT, 0)
    assert bench.run(peer)[1:] == (0, 0)
    folder, given_work = bench.folders[peer.name], bench.workloads[peer.name]
    peer.forget(folder)
    assert wrong(given_work.answers(), peer.results(given_work, folder)) == list(given_work.names)
    assert bench.run(peer)[1:] == (COUNT, 0)


def carried_out(commands: list[str], folder: Path) -> None:
    """Runs command lines in turn, as a tool would that runs one at a time."""
    more = {"BENCHMARK_LIST": str(folder / "ran.list"), "PYTHONPATH": str(folder / "lib")}
    for command in commands:
        subprocess.run(command, shell=True, cwd=folder, check=True, env=variables(more))


@pytest.mark.parametrize("knows", [True, False], ids=["declared", "not declared"])
def test_dvc_gets_a_stage_for_each_step_whose_command_gives_the_right_answer(knows: bool, tmp_path: Path) -> None:
    peer, given_work = Dvc(knows_library=knows), workload()
    peer.lay_out(given_work, tmp_path)
    stages = json.loads((tmp_path / "dvc.yaml").read_text())["stages"]
    assert list(stages) == list(given_work.names)
    assert all(("lib/shared.py" in stage["deps"]) is knows for stage in stages.values())
    assert peer.command(tmp_path)[-2:] == ["repro", "--quiet"]
    carried_out([stage["cmd"] for stage in stages.values()], tmp_path)
    assert not wrong(given_work.answers(), peer.results(given_work, tmp_path))
    assert [stage["outs"] for stage in stages.values()] == [[f"out/{name}.txt"] for name in given_work.names]


@pytest.mark.parametrize("knows", [True, False], ids=["declared", "not declared"])
def test_snakemake_gets_a_rule_for_each_step_whose_command_gives_the_right_answer(knows: bool, tmp_path: Path) -> None:
    peer, given_work = Snakemake(knows_library=knows), workload()
    peer.lay_out(given_work, tmp_path)
    rules = json.loads((tmp_path / "rules.json").read_text())
    assert [rule["name"] for rule in rules] == list(given_work.names)
    assert all(("lib/shared.py" in rule["takes"]) is knows for rule in rules)
    assert "--cores" in peer.command(tmp_path)
    carried_out([rule["command"] for rule in rules], tmp_path)
    assert not wrong(given_work.answers(), peer.results(given_work, tmp_path))


@pytest.mark.parametrize("peer", [Dvc(), Snakemake()], ids=lambda peer: peer.name)
def test_memory_outlives_lost_results_and_is_forgotten(peer: Dvc | Snakemake, tmp_path: Path) -> None:
    folder = tmp_path / "tool"
    folder.mkdir()
    peer.lay_out(workload(), folder)
    remembered = folder / peer.memory[0]
    remembered.mkdir()
    peer.lose_results(folder)
    assert remembered.exists()
    peer.forget(folder)
    assert not remembered.exists()
    assert list((folder / "out").iterdir()) == []


def wheels(folder: Path, tool: str) -> Path:
    """A folder with one wheel: a tool of that name and version that says its version and does nothing else."""
    folder.mkdir()
    version = environments.VERSIONS[tool]
    about = f"{tool}-{version}.dist-info"
    texts = {
        f"{tool}.py": f"def main():\n    print('{version}')\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {tool}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": f"[console_scripts]\n{tool} = {tool}:main\n",
    }
    texts[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*texts, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"{tool}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in texts.items():
            wheel.writestr(path, text)
    return folder


def test_a_tool_is_installed_once_and_after_a_failure_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(NotInstalledError, match=r"pip install .* ended with 1: ERROR: No matching distribution .*dvc"):
        environments.install("dvc", tmp_path / "place")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels(tmp_path / "wheels", "dvc")))
    environments.install("dvc", tmp_path / "place")
    program = environments.program("dvc", tmp_path / "place")
    assert subprocess.check_output([program], text=True).strip() == environments.VERSIONS["dvc"]
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    environments.install("dvc", tmp_path / "place")


class Nowhere(Dvc):
    """A tool that no machine gets."""

    def install(self) -> None:
        raise NotInstalledError("there is no network")


def test_a_tool_that_cannot_be_installed_is_left_out_and_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "bench", [(Nowhere(), workload), (Ninja(), workload)])
    assert [peer.name for peer in bench.peers] == ["ninja"]
    assert bench.tools == ["ninja"]
    assert bench.absent == {"DVC": "there is no network"}


@pytest.mark.parametrize("peer", [Onward(), Onward("onward files", "scripts")], ids=lambda peer: peer.name)
def test_onward_runs_what_a_perfect_tool_would_and_is_never_stale(peer: Onward, tmp_path: Path) -> None:
    found = precision(tmp_path / "bench", [peer], COUNT, settled_s=0)
    assert {words: counted[peer.name] for words, _, counted in found.rows} == {
        words: (perfect, 0) for words, perfect, _ in found.rows
    }
    assert found.tools == ["onward"]


class Idle(Ninja):
    """A tool that does nothing, and so is never wrong about what to run again."""

    def command(self, folder: Path) -> list[str]:
        return ["true"]


def test_a_tool_that_ran_nothing_at_first_has_no_column(tmp_path: Path) -> None:
    with pytest.raises(FailedRunError, match=f"ran 0 of {COUNT} steps, {COUNT} results are wrong"):
        precision(tmp_path / "bench", [Idle()], COUNT)


def test_a_tool_tells_its_version() -> None:
    for tool in ("ninja", "doit", "onward"):
        assert re.fullmatch(r"\d+(\.\d+)+", version_of(tool))


def test_a_tool_that_fails_is_not_timed(tmp_path: Path) -> None:
    peer = Ninja()
    bench = Bench(tmp_path / "bench", [(peer, workload)])
    (bench.folders[peer.name] / "lib/shared.py").write_text("raise SystemExit(3)\n")
    with pytest.raises(FailedRunError, match="ninja ended with status"):
        bench.run(peer)


def test_a_wrong_result_a_missing_one_and_one_of_another_type_are_seen() -> None:
    assert wrong({"a": 1, "b": 2, "c": 3, "d": 4}, {"a": 1, "b": 3, "c": 3.0}) == ["b", "c", "d"]
    assert wrong({"a": 1}, {"a": MISSING}) == ["a"]


def test_a_sample_tells_status_output_and_time(tmp_path: Path) -> None:
    sample = run([sys.executable, "-c", "import time; print('said'); time.sleep(0.05); raise SystemExit(4)"], tmp_path)
    assert (sample.status, sample.output) == (4, "said\n")
    assert sample.wall_s > 0.05
    killed = run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, limit_s=0.2)
    assert killed.status < 0


def test_what_is_timed_may_write_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in variables()
    assert variables({"ONE": "more"})["ONE"] == "more"


def series(*walls: float) -> Series:
    return Series([Sample(wall, wall / 2, 0) for wall in walls])


def table(**more: Any) -> Table:
    rows = [Row("onward", series(3.0, 1.0, 2.0), ran=10), Row("ninja", series(0.5), **more)]
    return Table("Cold, 10 trivial steps", 10, 10, rows, series(0.02))


def test_a_table_shows_medians_minima_and_both_ratios_the_quickest_first() -> None:
    text = report.table_text(table(ran=10))
    assert text.splitlines()[4] == "| ninja | 500 ms | 500 ms | 250 ms | 50 ms | 0.5 | 25 | 10 |"
    assert text.splitlines()[5] == "| onward | 2.0 s | 1.0 s | 1.0 s | 100 ms | 1.0 | 50 | 10 |"
    assert "STALE" not in text


def test_a_table_shows_what_was_stale_and_what_ran_too_often_or_not_at_all() -> None:
    assert "| 7 (should be 10) STALE 3 |" in report.table_text(table(ran=7, stale=3))


def test_the_precision_table_has_a_column_for_each_tool() -> None:
    found = Precision(100, [("a comment", 0, {"ninja": (100, 0), "onward": (0, 2)})])
    assert report.precision_text(found).splitlines()[2:] == [
        "| what was changed | a perfect tool | ninja | onward |",
        "| --- | ---: | ---: | ---: |",
        "| a comment | 0 | 100 | 0 STALE 2 |",
    ]


def test_a_table_says_what_is_not_in_it_and_what_it_was_measured_with() -> None:
    found = Precision(100, [("a comment", 0, {"ninja": (100, 0)})], absent={"DVC": "there is no network"})
    text = report.stamped(found, {"tools": "ninja 1.13"}, "2030-01-02")
    assert text.splitlines()[-4:] == [
        "",
        "**DVC is not in this table**, for it could not be installed here: there is no network",
        "",
        "Measured 2030-01-02. tools: ninja 1.13.",
    ]
    assert "not in this table" not in report.stamped(table(ran=10), {}, "2030-01-02")


@given(st.floats(1e-6, 1e5))
def test_a_duration_never_rounds_past_its_unit(value: float) -> None:
    number, unit = report.seconds(value).split()
    scale = {"ms": 1e-3, "s": 1.0, "min": 60.0}[unit]
    assert float(number) * scale == pytest.approx(value, rel=0.05, abs=6e-5)
    assert float(number) < 1000 or unit == "min"


def test_the_page_keeps_what_is_around_the_tables_and_the_tables_that_are_not_new(tmp_path: Path) -> None:
    page = tmp_path / "speed.md"
    page.write_text(f"before\n{report.BEGIN}\n{report.END}\nafter\n")
    report.write_page(["### one\n\nold\n", "### two\n\nkept\n"], page)
    report.write_page(["### one\n\nnew\n"], page)
    report.write_page(["### three\n\nlast\n"], page)
    inside = "### one\n\nnew\n\n### two\n\nkept\n\n### three\n\nlast"
    assert page.read_text() == f"before\n{report.BEGIN}\n\n{inside}\n\n{report.END}\nafter\n"
    page.write_text("no marks\n")
    with pytest.raises(ValueError, match="lacks the lines"):
        report.write_page(["### one\n"], page)


def test_the_page_of_the_documentation_has_its_marks() -> None:
    text = report.PAGE.read_text("utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1
    assert text.index(report.BEGIN) < text.index(report.END)
