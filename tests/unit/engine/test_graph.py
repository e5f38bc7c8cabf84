"""The graph: names given, names looked up, edges drawn, and every way in which that can fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.engine.graph import Graph, link
from onward.model.code import Default, Mention
from onward.model.draft import Draft, OutputDraft, ParameterDraft, Reference
from onward.model.workspace import CheckFacts, Discovered, Project, Settings, Source

PROJECTS = (Project("sales", "projects/sales"), Project("delays", "projects/delays"), Project("root", ""))


def function(
    path: str, takes: Sequence[str | Reference] = (), makes: Sequence[str] = (), line: int = 1, **more: Any
) -> Draft:
    """`projects/sales/steps.py:orders` that takes names."""
    file, _, name = path.partition(":")
    references = [Reference(taken, taken, "name") if isinstance(taken, str) else taken for taken in takes]
    outputs = [OutputDraft(made, made) for made in makes] or [OutputDraft(name)]
    return Draft(
        kind="function",
        file=file,
        line=line,
        folder=file.rpartition("/")[0],
        stem=name,
        symbol=name,
        references=tuple(references),
        outputs=tuple(outputs),
        **more,
    )


def script(
    file: str, loads: Sequence[str] = (), saves: Sequence[str] = (), *, reads: Sequence[Any] = (),
    writes: Sequence[Any] = (), **more: Any,
) -> Draft:  # fmt: skip
    """A script; paths that it reads and writes are from the workspace's root, or pairs of path and line."""
    folder = file.rpartition("/")[0]
    up = "../" * (folder.count("/") + 1 if folder else 0)

    def mentions(paths: Sequence[Any]) -> tuple[Mention, ...]:
        pairs = [(path, 1) if isinstance(path, str) else path for path in paths]
        return tuple(Mention(up + path, line) for path, line in pairs)

    return Draft(
        kind="script",
        file=file,
        line=1,
        folder=folder,
        stem=file.rpartition("/")[2].partition(".")[0],
        is_file_step=True,
        references=tuple(Reference(name, name, "ref") for name in loads),
        outputs=tuple(OutputDraft(name) for name in saves),
        reads=mentions(reads),
        writes=mentions(writes),
        **more,
    )


def notebook(file: str) -> Draft:
    stem, _, _ = file.rpartition("/")[2].partition(".")
    return Draft("notebook", file, 1, file.rpartition("/")[0], stem, True, True, outputs=(OutputDraft(stem),))


def source(name: str, project: str | None = None) -> Source:
    return Source(name, project, "csv", f"data/{name}.csv", (f"data/{name}.csv",))


def linked(
    *drafts: Draft,
    sources: Sequence[Source] = (),
    settings: Mapping[str, object] | None = None,
    discovered: Mapping[str, Discovered] | None = None,
    projects: Sequence[Project] = PROJECTS,
) -> Graph:
    graph = link(drafts, projects, sources, settings or {}, discovered or {})
    assert sorted(graph.order) == sorted(graph.steps)
    place = {name: at for at, name in enumerate(graph.order)}
    for name, needs in graph.upstream.items():
        assert all(place[need] < place[name] for need in needs)
    assert set(graph.maker.values()) <= set(graph.steps)
    return graph


def codes(graph: Graph) -> list[str]:
    return [finding.code for finding in graph.findings]


# Names.


def test_a_function_is_named_after_its_asset_and_a_file_after_its_stem() -> None:
    graph = linked(
        function("projects/sales/steps.py:orders"),
        script("projects/sales/train.py", saves=["model"]),
        notebook("projects/delays/report.ipynb"),
    )
    assert set(graph.steps) == {"sales/orders", "sales/train", "delays/report"}
    assert graph.maker == {
        "sales/orders": "sales/orders",
        "sales/model": "sales/train",
        "delays/report": "delays/report",
    }


def test_a_step_belongs_to_the_deepest_project_that_holds_its_file() -> None:
    inner = Project("sales/inner", "projects/sales/inner")
    graph = linked(
        function("projects/sales/inner/deep/steps.py:one"),
        function("projects/sales_more/steps.py:two"),
        projects=[*PROJECTS, inner],
    )
    assert set(graph.steps) == {"sales/inner/one", "root/two"}


def test_of_colliding_stems_documents_take_their_extension_along() -> None:
    graph = linked(notebook("projects/sales/report.ipynb"), notebook("projects/sales/report.Rmd"))
    assert set(graph.steps) == {"sales/report.ipynb", "sales/report.Rmd"}
    assert set(graph.maker) == {"sales/report.ipynb", "sales/report.Rmd"}


def test_a_script_keeps_its_stem_beside_a_document_of_that_stem() -> None:
    graph = linked(script("projects/sales/report.py"), notebook("projects/sales/report.ipynb"))
    assert graph.steps["sales/report"].kind == "script"
    assert graph.steps["sales/report.ipynb"].kind == "notebook"
    assert graph.maker == {"sales/report.ipynb": "sales/report.ipynb"}


def test_where_extensions_collide_too_the_path_below_the_project_is_the_name() -> None:
    graph = linked(
        notebook("projects/sales/a/x.ipynb"),
        notebook("projects/sales/b/x.ipynb"),
        notebook("projects/sales/x.Rmd"),
    )
    assert set(graph.steps) == {"sales/a/x.ipynb", "sales/b/x.ipynb", "sales/x.Rmd"}


@pytest.mark.parametrize("file", ["projects/sales/orders.py", "projects/sales/deep/orders.py"])
def test_a_script_with_the_stem_of_an_asset_leaves_the_asset_its_name(file: str) -> None:
    asset = function("projects/sales/steps.py:orders")
    graph = linked(asset, script(file, saves=["more"]))
    assert graph.steps["sales/orders"].kind == "function"
    assert graph.steps["sales/orders.py"].kind == "script"
    assert graph.maker["sales/more"] == "sales/orders.py"
    assert graph.findings == ()


def test_a_document_with_the_stem_of_a_table_takes_its_extension_along() -> None:
    graph = linked(function("projects/sales/steps.py:orders"), notebook("projects/sales/orders.ipynb"))
    assert graph.maker["sales/orders"] == "sales/orders"
    assert graph.maker["sales/orders.ipynb"] == "sales/orders.ipynb"


@given(st.permutations(["a/x.ipynb", "b/x.ipynb", "x.py", "c/x.py", "x.Rmd", "y.py", "y.ipynb", "z.py"]))
def test_names_do_not_hang_on_the_order_of_files_and_are_never_shared(files: list[str]) -> None:
    drafts = [
        script(f"projects/sales/{file}") if file.endswith(".py") else notebook(f"projects/sales/{file}")
        for file in files
    ]
    graph = linked(*drafts)
    assert {name: step.file.removeprefix("projects/sales/") for name, step in graph.steps.items()} == {
        "sales/a/x.ipynb": "a/x.ipynb",
        "sales/b/x.ipynb": "b/x.ipynb",
        "sales/x.py": "x.py",
        "sales/c/x.py": "c/x.py",
        "sales/x.Rmd": "x.Rmd",
        "sales/y": "y.py",
        "sales/y.ipynb": "y.ipynb",
        "sales/z": "z.py",
    }


def test_a_file_in_the_tree_is_an_asset_by_its_path_below_the_project() -> None:
    graph = linked(script("projects/sales/out.py", writes=["projects/sales/out/t.csv", "shared/u.csv"]))
    assert set(graph.maker) == {"sales/out/t.csv", "sales/shared/u.csv"}


# Made twice.


def test_an_asset_made_by_two_functions_blocks_both_and_what_needs_it() -> None:
    graph = linked(
        function("projects/sales/a.py:orders", line=3),
        function("projects/sales/b.py:orders", line=9),
        function("projects/sales/c.py:margin", ["orders"]),
    )
    assert codes(graph) == ["made-twice"]
    (finding,) = graph.findings
    assert "projects/sales/a.py:3" in finding.message
    assert "projects/sales/b.py:9" in finding.message
    assert set(graph.blocked()) == {"sales/orders"}
    assert graph.upstream["sales/margin"] == ("sales/orders",)


def test_an_asset_claimed_by_steps_of_two_names_blocks_both_of_them() -> None:
    graph = linked(script("projects/sales/a.py", saves=["orders"]), script("projects/sales/b.py", saves=["orders"]))
    assert codes(graph) == ["made-twice"]
    assert set(graph.blocked()) == {"sales/a", "sales/b"}


def test_one_step_may_name_its_asset_twice() -> None:
    assert linked(script("projects/sales/a.py", saves=["orders", "orders"])).findings == ()


def test_one_name_in_two_projects_is_no_clash() -> None:
    graph = linked(function("projects/sales/a.py:orders"), function("projects/delays/a.py:orders"))
    assert graph.findings == ()
    assert set(graph.maker) == {"sales/orders", "delays/orders"}


# Looking names up.


def test_a_name_means_an_asset_then_a_source_of_the_project_then_one_of_the_workspace() -> None:
    sources = [source("x", "sales"), source("x"), source("y", "sales"), source("y"), source("z")]
    graph = linked(
        function("projects/sales/steps.py:x"),
        function("projects/sales/steps.py:all", ["x", "y", "z"]),
        function("projects/delays/steps.py:all", ["y"]),
        sources=sources,
    )
    bound = {binding.name: (binding.form, binding.target) for binding in graph.steps["sales/all"].bindings}
    assert bound == {"x": ("asset", "sales/x"), "y": ("source", "sales/y"), "z": ("source", "z")}
    assert graph.steps["delays/all"].bindings[0].target == "y"
    assert graph.shadows == {"sales/x": "sales/x"}


def test_its_own_name_inside_a_step_means_the_source_that_it_shadows() -> None:
    graph = linked(function("projects/sales/steps.py:flights", ["flights"]), sources=[source("flights")])
    (binding,) = graph.steps["sales/flights"].bindings
    assert (binding.form, binding.target) == ("source", "flights")
    assert graph.shadows == {"sales/flights": "flights"}


def test_its_own_name_inside_a_step_means_nothing_where_it_shadows_nothing() -> None:
    graph = linked(function("projects/sales/steps.py:flights", ["flights"]))
    (finding,) = graph.findings
    assert finding.code == "unknown-name"
    assert "close to it" not in finding.message, "its own name is no help"


def test_another_project_is_reached_by_ref_and_not_by_a_bare_name() -> None:
    orders = function("projects/sales/steps.py:orders")
    by_ref = function("projects/delays/steps.py:a", [Reference("o", "sales/orders", "ref")])
    by_name = function("projects/delays/steps.py:b", ["orders"])
    graph = linked(orders, by_ref, by_name)
    assert graph.upstream["delays/a"] == ("sales/orders",)
    (finding,) = graph.findings
    assert finding.touches == ("delays/b",)
    assert finding.hint == 'write `orders = ref("sales/orders")`'


def test_a_source_of_another_project_is_reached_by_ref() -> None:
    taker = function("projects/delays/steps.py:a", [Reference("o", "sales/raw", "ref")])
    (binding,) = linked(taker, sources=[source("raw", "sales")]).steps["delays/a"].bindings
    assert (binding.form, binding.target) == ("source", "sales/raw")


def test_a_ref_to_the_own_project_may_leave_it_out() -> None:
    taker = function("projects/sales/steps.py:a", [Reference("o", "orders", "ref")])
    graph = linked(taker, function("projects/sales/steps.py:orders"))
    assert graph.upstream["sales/a"] == ("sales/orders",)


def test_an_unknown_name_comes_with_the_nearest_known_and_touches_its_step_alone() -> None:
    graph = linked(function("projects/sales/steps.py:orders"), function("projects/sales/steps.py:m", ["ordres"]))
    (finding,) = graph.findings
    assert finding.code == "unknown-name"
    assert finding.hint == "write `orders`"
    assert set(graph.blocked()) == {"sales/m"}


def test_a_name_far_from_all_others_gets_a_hint_to_add_a_source() -> None:
    (finding,) = linked(function("projects/sales/steps.py:m", ["qqq"])).findings
    assert "add a source `qqq`" in (finding.hint or "")


def test_an_optional_name_that_means_nothing_is_left_out_in_silence() -> None:
    graph = linked(function("projects/sales/steps.py:m", [Reference("x", "x", "name", optional=True)]))
    assert graph.findings == ()
    assert graph.steps["sales/m"].bindings == ()


def test_beside_an_open_step_an_unresolved_name_is_no_finding() -> None:
    graph = linked(
        script("projects/sales/open.py", open=True),
        function("projects/sales/steps.py:m", ["late"]),
        function("projects/delays/steps.py:m", ["late"]),
    )
    assert [finding.touches for finding in graph.findings] == [("delays/m",)]


def test_beside_an_open_step_a_step_still_cannot_take_what_it_makes_itself() -> None:
    graph = linked(script("projects/sales/open.py", open=True), function("projects/sales/steps.py:m", ["m"]))
    assert codes(graph) == ["unknown-name"]
    assert graph.upstream["sales/m"] == ()


# By the function itself.


def by_symbol(path: str) -> Reference:
    return Reference("o", path, "symbol")


def test_a_reference_to_a_function_means_what_it_makes_whatever_its_asset_is_called() -> None:
    renamed = msgspec.structs.replace(
        function("projects/sales/steps.py:orders"), stem="bookings", outputs=(OutputDraft("bookings"),)
    )
    taker = function("projects/delays/steps.py:a", [by_symbol("projects/sales/steps.py:orders")])
    graph = linked(renamed, taker)
    assert graph.upstream["delays/a"] == ("sales/bookings",)


def test_a_reference_to_a_function_of_several_assets_asks_which() -> None:
    several = function("projects/sales/steps.py:split", makes=["train", "test"])
    taker = function("projects/delays/steps.py:a", [by_symbol("projects/sales/steps.py:split")])
    graph = linked(several, taker)
    (finding,) = graph.findings
    assert finding.code == "several-assets"
    assert "sales/train, sales/test" in finding.message
    assert set(graph.blocked()) == {"delays/a"}


def test_a_reference_to_a_function_of_one_field_means_that_asset() -> None:
    one = function("projects/sales/steps.py:split", makes=["train"])
    taker = function("projects/delays/steps.py:a", [by_symbol("projects/sales/steps.py:split")])
    graph = linked(one, taker)
    assert graph.steps["delays/a"].bindings[0].target == "sales/train"
    assert graph.upstream["delays/a"] == ("sales/split",)


@pytest.mark.parametrize("function_name", ["a", "plain"])
def test_a_reference_to_itself_or_to_a_plain_function_is_an_unknown_name(function_name: str) -> None:
    taker = function("projects/sales/steps.py:a", [by_symbol(f"projects/sales/steps.py:{function_name}")])
    graph = linked(taker)
    (finding,) = graph.findings
    assert finding.code == "unknown-name"
    assert f"`{function_name}`" in finding.message
    assert "projects" not in finding.message


# Checks.


def check(name: str, of: str, takes: Sequence[str] = ()) -> Draft:
    draft = function(f"projects/sales/checks.py:{name}", takes)
    return msgspec.structs.replace(
        draft, kind="check", outputs=(), check=CheckFacts("", "warn"), check_of=Reference(of, of, "ref")
    )


def test_a_check_needs_the_asset_that_it_looks_at_even_where_it_takes_nothing() -> None:
    graph = linked(function("projects/sales/steps.py:orders"), check("c", "orders"))
    assert graph.upstream["sales/c"] == ("sales/orders",)
    assert graph.checks_of("sales/orders") == ["sales/c"]
    assert graph.steps["sales/c"].check == CheckFacts("sales/orders", "warn")


def test_a_step_that_takes_what_a_check_looks_at_is_none_of_its_checks() -> None:
    graph = linked(
        function("projects/sales/steps.py:orders"),
        function("projects/sales/steps.py:margin", ["orders"]),
        check("c", "margin", ["margin", "orders"]),
    )
    assert graph.checks_of("sales/orders") == []
    assert graph.checks_of("sales/margin") == ["sales/c"]


def test_a_check_of_nothing_is_an_unknown_name() -> None:
    graph = linked(check("c", "nothing"))
    assert codes(graph) == ["unknown-name"]
    assert "looks at" in graph.findings[0].message


# Parameters.


def test_a_parameter_is_what_is_set_else_its_literal_default() -> None:
    parameters = (
        ParameterDraft("limit", Default("value", "3")),
        ParameterDraft("name", Default("value", '"x"')),
        ParameterDraft("made", Default("code", "f()")),
    )
    draft = function("projects/sales/steps.py:a", parameters=parameters)
    uses = linked(draft, settings={"sales.limit": 5, "delays.name": "y"}).steps["sales/a"].parameters
    assert [(use.setting, use.value, use.is_set) for use in uses] == [
        ("sales.limit", 5, True),
        ("sales.name", "x", False),
        ("sales.made", None, False),
    ]


# Circles and paths.


def test_a_circle_by_names_blocks_its_members_and_says_the_way_round() -> None:
    graph = linked(
        function("projects/sales/steps.py:a", ["c"]),
        function("projects/sales/steps.py:b", ["a"]),
        function("projects/sales/steps.py:c", ["b"]),
        function("projects/sales/steps.py:after", ["b"]),
        function("projects/sales/steps.py:apart"),
    )
    (finding,) = graph.findings
    assert finding.code == "circle"
    assert finding.touches == ("sales/a", "sales/b", "sales/c")
    assert finding.message.count("→") == 3
    assert set(graph.blocked()) == {"sales/a", "sales/b", "sales/c"}


def test_two_circles_are_two_findings() -> None:
    pairs = [("a", "b"), ("b", "a"), ("x", "y"), ("y", "x")]
    graph = linked(*(function(f"projects/sales/steps.py:{name}", [needs]) for name, needs in pairs))
    assert [finding.touches for finding in graph.findings] == [("sales/a", "sales/b"), ("sales/x", "sales/y")]


def test_a_reader_of_a_path_comes_after_its_writer() -> None:
    graph = linked(
        script("projects/sales/read.py", reads=["out/t.csv"]),
        script("projects/sales/zwrite.py", writes=["out/t.csv"]),
    )
    assert graph.upstream["sales/read"] == ("sales/zwrite",)
    assert graph.steps["sales/read"].fed_by == (("out/t.csv", "sales/zwrite"),)


@pytest.mark.parametrize(
    ("listing", "feeds"), [("out/", True), ("out/*.csv", True), ("o/", False), ("out/*.txt", False)]
)
def test_a_listing_is_fed_by_whoever_writes_into_it(listing: str, feeds: bool) -> None:
    graph = linked(
        script("projects/sales/read.py", reads=[listing]),
        script("projects/sales/zwrite.py", writes=["out/t.csv"]),
    )
    assert graph.upstream["sales/read"] == (("sales/zwrite",) if feeds else ())


def test_who_reads_one_of_a_steps_files_takes_that_one_and_uses_no_other() -> None:
    writes = ["out/t.csv", "out/picture.png", "elsewhere.csv"]
    reads = {"one": ["out/t.csv"], "folder": ["out/"], "glob": ["*.csv"], "none": ["data/x.csv"]}
    graph = linked(
        script("projects/sales/a.py", writes=writes),
        *(script(f"projects/sales/{name}.py", reads=paths) for name, paths in reads.items()),
        script("projects/sales/named.py", loads=["out/picture.png"]),
        script("projects/sales/seen.py"),
        discovered={"sales/seen": Discovered(loads=("sales/elsewhere.csv",))},
    )
    assert graph.taken_by_path("sales/one") == ("sales/out/t.csv",)
    assert graph.taken_by_path("sales/folder") == ("sales/out/t.csv", "sales/out/picture.png")
    taken = {name: graph.files_taken(f"sales/{name}") for name in reads}
    assert taken == {"one": (), "folder": ("out/",), "glob": ("*.csv",), "none": ("data/x.csv",)}
    assert graph.taken_by_path("sales/none") == graph.taken_by_path("sales/named") == ()
    assert graph.users_of("sales/out/t.csv") == ["sales/folder", "sales/one"]
    assert graph.users_of("sales/out/picture.png") == ["sales/folder", "sales/named"]
    assert graph.users_of("sales/elsewhere.csv") == ["sales/glob", "sales/seen"]


def test_of_two_writers_the_earlier_file_runs_first_and_the_later_makes_the_asset() -> None:
    later, earlier = (
        script("projects/sales/b.py", writes=["out/t.csv"]),
        script("projects/sales/a.py", writes=["out/t.csv"]),
    )
    for drafts in ([later, earlier], [earlier, later]):
        graph = linked(*drafts, script("projects/sales/0read.py", reads=["out/t.csv"]))
        assert graph.findings == ()
        assert graph.upstream["sales/b"] == ("sales/a",)
        assert graph.maker["sales/out/t.csv"] == "sales/b"
        assert graph.upstream["sales/0read"] == ("sales/b",)


def test_what_a_step_reads_before_it_writes_it_makes_it_self_changing() -> None:
    (step,) = linked(script("projects/sales/a.py", reads=[("n.txt", 1)], writes=[("n.txt", 2)])).steps.values()
    assert step.revisits == ("n.txt",)
    assert step.observed_paths() == []


def test_what_a_step_reads_back_after_writing_it_is_no_input() -> None:
    (step,) = linked(script("projects/sales/a.py", reads=[("n.txt", 2)], writes=[("n.txt", 1)])).steps.values()
    assert (step.reads, step.revisits) == ((), ())


def test_a_circle_by_paths_alone_is_cut_in_path_order_and_is_no_finding() -> None:
    graph = linked(
        script("projects/sales/b.py", reads=["out/a.csv"], writes=["out/b.csv"]),
        script("projects/sales/a.py", reads=["out/b.csv"], writes=["out/a.csv"]),
    )
    assert graph.findings == ()
    assert graph.order == ("sales/a", "sales/b")
    assert graph.steps["sales/a"].revisits == ("out/b.csv",)
    assert graph.steps["sales/a"].fed_by == ()
    assert graph.steps["sales/b"].fed_by == (("out/a.csv", "sales/a"),)


def test_a_circle_of_names_and_a_path_is_cut_at_the_path() -> None:
    graph = linked(
        script("projects/sales/a.py", loads=["t"], writes=["out/a.csv"]),
        script("projects/sales/b.py", saves=["t"], reads=["out/a.csv"]),
    )
    assert graph.findings == ()
    assert graph.order == ("sales/b", "sales/a")


# What was seen to be loaded.


def test_what_a_step_was_seen_to_load_comes_before_it_and_is_no_part_of_what_it_takes() -> None:
    drafts = [script("projects/sales/late.py"), function("projects/sales/steps.py:z")]
    plain = linked(*drafts)
    graph = linked(*drafts, discovered={"sales/late": Discovered(loads=("sales/z", "sales/gone"))})
    assert graph.order == ("sales/z", "sales/late")
    assert graph.discovered == {"sales/late": ("sales/z",)}
    assert graph.steps == plain.steps


def test_what_was_seen_to_be_loaded_once_closes_no_circle() -> None:
    drafts = [script("projects/sales/late.py", saves=["t"]), function("projects/sales/steps.py:z", ["t"])]
    graph = linked(*drafts, discovered={"sales/late": Discovered(loads=("sales/z", "sales/t"))})
    assert graph.findings == ()
    assert graph.order == ("sales/late", "sales/z")


# The whole.


@given(st.data())
def test_any_graph_is_ordered_and_only_circles_by_names_are_findings(data: st.DataObject) -> None:
    names = "abcdef"[: data.draw(st.integers(1, 6))]
    takes = {name: data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3)) for name in names}
    reads = {name: data.draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) for name in names}
    drafts = [
        script(
            f"projects/sales/{name}.py",
            loads=[f"t{taken}" for taken in takes[name] if taken != name],
            saves=[f"t{name}"],
            reads=[f"out/{read}.csv" for read in reads[name]],
            writes=[(f"out/{name}.csv", 1)],
        )
        for name in names
    ]
    graph = linked(*drafts)
    in_circle = {name for name in names if f"sales/{name}" in _beyond(f"sales/{name}", takes)}
    assert set(codes(graph)) <= {"circle"}
    blocked = {name.removeprefix("sales/") for name in graph.blocked()}
    assert blocked <= in_circle
    assert bool(blocked) == bool(in_circle)
    assert linked(*reversed(drafts)).order == graph.order or graph.findings


def _beyond(start: str, takes: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    todo = [taken for taken in takes[start.removeprefix("sales/")] if f"sales/{taken}" != start]
    while todo:
        name = todo.pop()
        if f"sales/{name}" not in reached:
            reached.add(f"sales/{name}")
            todo += [taken for taken in takes[name] if taken != name]
    return reached


def test_needs_and_followers_are_found_through_any_depth() -> None:
    names = [f"s{number:04d}" for number in range(3000)]
    drafts = [
        function(f"projects/sales/steps.py:{name}", names[at - 1 : at] if at else []) for at, name in enumerate(names)
    ]
    graph = linked(*drafts)
    assert len(graph.needed_by([f"sales/{names[-1]}"])) == len(names)
    assert len(graph.depending_on([f"sales/{names[0]}"])) == len(names)


def test_a_finding_of_a_whole_project_blocks_its_steps_and_no_others() -> None:
    graph = linked(function("projects/sales/a.py:x"), function("projects/delays/a.py:x"))
    finding = msgspec.structs.replace(
        linked(function("projects/sales/a.py:x", ["gone"])).findings[0], touches=("*",), project="sales"
    )
    touched = Graph(graph.steps, graph.sources, graph.maker, graph.upstream, graph.downstream, graph.order, (finding,))
    assert set(touched.blocked()) == {"sales/x"}


def test_settings_of_a_project_reach_its_steps() -> None:
    projects = [Project("sales", "projects/sales", Settings(time_limit_s=5.0)), Project("root", "")]
    graph = linked(function("projects/sales/a.py:x"), function("b.py:y"), projects=projects)
    assert graph.steps["sales/x"].time_limit_s == 5.0
    assert graph.steps["root/y"].time_limit_s is None
