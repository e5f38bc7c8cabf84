"""What Python code names literally: files it reads and writes, and what it loads and saves with onward.

It knows the calls of the data-science libraries that take a path, and what is constant in the module. A path
that is not wholly constant is none; an address (`https://...`, `s3://...`) and a path in a home folder are no
files of a workspace. It never looks at a disk: a literal is a claim of the text, and what really happens is
watched.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from onward.languages.python import constants
from onward.languages.python.bindings import Scope, Scopes
from onward.languages.python.constants import FILE_FOLDER, PACKAGE, THIS_FILE, FilePath, Value
from onward.languages.sql.query import files_of
from onward.model.code import Mention

READ, WRITE, BOTH, BY_MODE = "read", "write", "both", "by mode"


class Access(NamedTuple):
    """How a call touches a file: what it does, and which positional argument is the path.

    `mode`: the position of the mode argument and its default, where the effect hangs on it.
    `suffix`: what the library appends to a name that lacks it.
    """

    effect: str
    position: int = 0
    mode: tuple[int, str] | None = None
    suffix: str = ""


def _accesses(effect: str, names: str, position: int = 0) -> dict[str, Access]:
    return {name: Access(effect, position) for name in names.split()}


SPECIFIC: dict[str, Access] = {
    **_accesses(
        READ,
        "read_csv read_csv_auto read_csv_batched read_parquet read_excel read_json read_json_auto "
        "read_json_objects read_table read_pickle read_feather read_fwf read_stata read_sas read_spss "
        "read_hdf read_xml read_html read_orc read_ipc read_ipc_stream read_avro read_ndjson "
        "read_ndjson_auto read_ods read_delta read_file read_h5ad read_sav read_dta read_por read_xport "
        "read_rds read_r read_schema read_metadata read_gml read_graphml read_gpickle read_edgelist "
        "read_adjlist read_pajek scan_csv scan_parquet scan_ipc scan_ndjson scan_delta "
        "scan_pyarrow_dataset from_csv_auto from_parquet loadtxt genfromtxt fromfile imread loadmat "
        "mmread open_dataset open_mfdataset open_dataarray open_zarr load_workbook open_workbook read_wkt "
        "load_npz",
    ),
    **_accesses(
        WRITE,
        "to_csv to_parquet to_excel to_json to_pickle to_feather to_stata to_html to_latex to_markdown "
        "to_xml to_orc to_netcdf to_zarr to_file tofile write_csv write_parquet write_json write_ndjson "
        "write_excel write_ipc write_ipc_stream write_avro write_delta write_html write_image sink_csv "
        "sink_parquet sink_ipc sink_ndjson savefig write_h5ad save_html save_png save_svg",
    ),
    "to_hdf": Access(BY_MODE, 0, (2, "a")),
}
"""Calls whose name alone says what they do, as functions or as methods of whatever object."""

_BY_LIBRARY: dict[str, Access] = {
    "pandas.ExcelFile": Access(READ),
    "pandas.ExcelWriter": Access(BY_MODE, 0, (4, "w")),
    "pandas.HDFStore": Access(BY_MODE, 0, (1, "a")),
    "numpy.load": Access(READ),
    "numpy.memmap": Access(BY_MODE, 0, (2, "r+")),
    "numpy.save": Access(WRITE, suffix=".npy"),
    "numpy.savez": Access(WRITE, suffix=".npz"),
    "numpy.savez_compressed": Access(WRITE, suffix=".npz"),
    "numpy.savetxt": Access(WRITE),
    "scipy.sparse.save_npz": Access(WRITE, suffix=".npz"),
    "scipy.io.savemat": Access(WRITE),
    "scipy.io.wavfile.read": Access(READ),
    "scipy.io.wavfile.write": Access(WRITE),
    "joblib.load": Access(READ),
    "joblib.dump": Access(WRITE, 1),
    "torch.load": Access(READ),
    "torch.save": Access(WRITE, 1),
    "geopandas.read_file": Access(READ),
    "fiona.open": Access(BY_MODE, 0, (1, "r")),
    "rasterio.open": Access(BY_MODE, 0, (1, "r")),
    "h5py.File": Access(BY_MODE, 0, (1, "r")),
    "netCDF4.Dataset": Access(BY_MODE, 0, (1, "r")),
    "PIL.Image.open": Access(READ),
    "cv2.imwrite": Access(WRITE),
    "imageio.imwrite": Access(WRITE),
    "imageio.v2.imwrite": Access(WRITE),
    "imageio.v3.imwrite": Access(WRITE),
    "skimage.io.imsave": Access(WRITE),
    "matplotlib.pyplot.imsave": Access(WRITE),
    "matplotlib.image.imsave": Access(WRITE),
    "plotly.io.write_html": Access(WRITE, 1),
    "plotly.io.write_image": Access(WRITE, 1),
    "plotly.io.write_json": Access(WRITE, 1),
    "pyarrow.csv.write_csv": Access(WRITE, 1),
    "pyarrow.parquet.write_table": Access(WRITE, 1),
    "pyarrow.parquet.write_to_dataset": Access(WRITE, 1),
    "pyarrow.parquet.ParquetFile": Access(READ),
    "pyarrow.parquet.ParquetDataset": Access(READ),
    "pyarrow.parquet.ParquetWriter": Access(WRITE),
    "pyarrow.feather.write_feather": Access(WRITE, 1),
    "pyarrow.orc.write_table": Access(WRITE, 1),
    "pyarrow.dataset.dataset": Access(READ),
    "pyarrow.dataset.write_dataset": Access(WRITE, 1),
    "pyarrow.memory_map": Access(BY_MODE, 0, (1, "r")),
    "pyarrow.OSFile": Access(BY_MODE, 0, (1, "r")),
    "networkx.write_gml": Access(WRITE, 1),
    "networkx.write_graphml": Access(WRITE, 1),
    "networkx.write_gexf": Access(WRITE, 1),
    "networkx.write_edgelist": Access(WRITE, 1),
    "networkx.write_adjlist": Access(WRITE, 1),
    "pyreadr.write_rds": Access(WRITE),
    "pyreadr.write_rdata": Access(WRITE),
    "open": Access(BY_MODE, 0, (1, "r")),
    "io.open": Access(BY_MODE, 0, (1, "r")),
    "codecs.open": Access(BY_MODE, 0, (1, "r")),
    "gzip.open": Access(BY_MODE, 0, (1, "rb")),
    "gzip.GzipFile": Access(BY_MODE, 0, (1, "rb")),
    "bz2.open": Access(BY_MODE, 0, (1, "rb")),
    "bz2.BZ2File": Access(BY_MODE, 0, (1, "r")),
    "lzma.open": Access(BY_MODE, 0, (1, "rb")),
    "zipfile.ZipFile": Access(BY_MODE, 0, (1, "r")),
    "tarfile.open": Access(BY_MODE, 0, (1, "r")),
    "shutil.unpack_archive": Access(READ),
    "urllib.request.urlretrieve": Access(WRITE, 1),
    "urllib.urlretrieve": Access(WRITE, 1),
    "wget.download": Access(WRITE, 1),
    "runpy.run_path": Access(READ),
    "bokeh.plotting.output_file": Access(WRITE),
    "bokeh.io.output_file": Access(WRITE),
    "toml.load": Access(READ),
    "importlib.resources.as_file": Access(READ),
    "importlib_resources.as_file": Access(READ),
    "os.listdir": Access(READ, suffix="/"),
    "os.scandir": Access(READ, suffix="/"),
    "os.walk": Access(READ, suffix="/**"),
    "glob.glob": Access(READ),
    "glob.iglob": Access(READ),
}
_RESOURCES = (
    {
        f"{module}.{name}"
        for module in ("importlib.resources", "importlib_resources")
        for name in ("read_text", "read_binary", "open_text", "open_binary", "path")
    }
    | {"pkgutil.get_data"}
    | {f"pkg_resources.resource_{name}" for name in ("filename", "string", "stream")}
)
"""Functions that take a package and the name of a file in it."""
_COPIES = {
    "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree", "shutil.move", "os.rename",
    "os.replace", "os.link", "os.symlink",
}  # fmt: skip
_LIBRARIES = {
    "pandas", "polars", "numpy", "duckdb", "pyarrow", "geopandas", "dask", "modin", "cudf", "scipy", "xarray",
    "openpyxl", "matplotlib", "plotly", "networkx", "skimage", "cv2", "imageio", "pyreadr", "pyreadstat",
    "scanpy", "anndata", "fireducks", "narwhals", "datatable", "vaex", "seaborn", "pylab",
}  # fmt: skip
_ALIASES = {"pylab": "matplotlib.pyplot", "np": "numpy", "pd": "pandas"}
_PATH_KEYWORDS = (
    "path", "path_or_buf", "path_or_buffer", "filepath_or_buffer", "filepath_or_buffers", "filepath",
    "file_path", "io", "source", "file", "filename", "file_name", "fname", "fp", "excel_writer", "excel_file",
    "workbook", "where", "dest", "target", "store", "buf", "base_dir", "root_path", "database", "top",
    "pathname", "url_or_path", "filename_or_obj", "path_or_paths", "file_glob", "parquet_path", "location",
    "f",
)  # fmt: skip
_PATH_METHODS: dict[str, Access] = {
    "read_text": Access(READ),
    "read_bytes": Access(READ),
    "write_text": Access(WRITE),
    "write_bytes": Access(WRITE),
    "touch": Access(WRITE),
    "open": Access(BY_MODE, 0, (0, "r")),
    "iterdir": Access(READ, suffix="/"),
    "walk": Access(READ, suffix="/**"),
}
_SQL_METHODS = {"sql", "execute", "executemany", "query", "from_query"}
_CHANGES_A_DATABASE = re.compile(r"\s*(create|insert|update|delete|drop|alter|replace|copy|merge)\b", re.IGNORECASE)
_DATABASE_METHODS = {"to_sql", "executescript", "commit", "insert_into", "write_database"}
_IMPORT_PATH = "sys.path"
_ADDS_TO_IMPORT_PATH = {"sys.path.insert": 1, "sys.path.append": 0, "sys.path.extend": 0, "site.addsitedir": 0}
"""Calls after which imports look in further folders, with the position of the argument that names these."""
_ONWARD_CALLS = {"load": "loads", "save": "saves", "metric": "metrics"}


@dataclass(slots=True)
class Literals:
    """What was found; the fields are those of `Declarations` with these names."""

    loads: list[Mention] = field(default_factory=list)
    saves: list[Mention] = field(default_factory=list)
    metrics: list[Mention] = field(default_factory=list)
    opens_load: bool = False
    opens_save: bool = False
    reads: list[Mention] = field(default_factory=list)
    writes: list[Mention] = field(default_factory=list)
    import_roots: list[Mention] = field(default_factory=list)
    opens_imports: bool = False


def literals(tree: ast.Module, scopes: Scopes) -> Literals:
    """The names and paths that a module's code spells out, in the order of the text, each once a line.

    A path is as written, seen from the folder that the code runs in, without `./`. `os.chdir` to a constant
    at the top level shifts what follows it; to an unknown place, under a condition or in a function, relative
    paths that follow are none.
    """
    reader = _Reader(Literals(), _changes_databases(scopes), _Statements(tree))
    seen_whole: set[int] = set()  # functions that are called, and the objects that an attribute is taken of
    for node, scope in scopes.nodes:
        reader.leave(node)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            reader.enter_with(node, scope)
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            reader.assignment(node, scope)
        elif isinstance(node, ast.Call):
            seen_whole.add(id(node.func))
            reader.call(node, scope, tree)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            if isinstance(node, ast.Attribute):
                seen_whole.add(id(node.value))
            if id(node) not in seen_whole:
                reader.mention_of_onward(node, scope)
    found = reader.found
    for name in ("loads", "saves", "metrics", "reads", "writes", "import_roots"):
        setattr(found, name, list(dict.fromkeys(getattr(found, name))))
    return found


def onward_name(qualified: str | None) -> str | None:
    """`asset` for `onward.asset` and `onward.api.asset`; None for names of anything else."""
    if qualified is None:
        return None
    root, _, rest = qualified.partition(".")
    return rest.rpartition(".")[2] if root == "onward" and rest else None


def _changes_databases(scopes: Scopes) -> bool:
    """Whether anything in the module writes to a database: then it may write to any that it connects to."""
    for node, _ in scopes.nodes:
        if isinstance(node, ast.Attribute) and node.attr in _DATABASE_METHODS:
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CHANGES_A_DATABASE.match(node.value):
            return True
    return False


class _Statements:
    """The top-level statements of a module, by the lines that they take up."""

    def __init__(self, tree: ast.Module) -> None:
        self._starts: list[int] = []
        self._lines: list[int] = []
        for statement in tree.body:
            decorators = getattr(statement, "decorator_list", ())
            self._starts.append(min([statement.lineno, *(decorator.lineno for decorator in decorators)]))
            self._lines.append(statement.lineno)

    def around(self, line: int) -> int:
        """The line by which the statement is known (of a function: that of its `def`) that `line` stands in."""
        number = bisect_right(self._starts, line) - 1
        return self._lines[number] if number >= 0 else 0


class _Reader:
    """Goes through the calls of one module and enters what they name."""

    def __init__(self, found: Literals, changes_databases: bool, statements: _Statements) -> None:
        self.found = found
        self.statements = statements
        self.changes_databases = changes_databases
        self.folder: str | None = ""
        """Where relative paths start: a path, or None where that is unknown."""
        self._until: list[tuple[int, str | None]] = []
        """Ends of `with chdir(...)` blocks, with the folder that holds again from there."""

    def leave(self, node: ast.AST) -> None:
        if not self._until:
            return
        line = getattr(node, "lineno", 0)
        while self._until and line > self._until[-1][0]:
            self.folder = self._until.pop()[1]

    def enter_with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and (scope.qualified(call.func) or "").endswith("contextlib.chdir"):
                self._until.append((node.end_lineno or node.lineno, self.folder))
                self._change_folder(call, scope)

    def mention_of_onward(self, node: ast.Name | ast.Attribute, scope: Scope) -> None:
        """A `load` that is passed on, or onward itself, may be called with any name."""
        if not isinstance(node.ctx, ast.Load):
            return
        qualified = scope.qualified(node)
        name = onward_name(qualified)
        everything = qualified == "onward"
        self.found.opens_load |= everything or name == "load"
        self.found.opens_save |= everything or name in ("save", "metric")

    def call(self, node: ast.Call, scope: Scope, tree: ast.Module) -> None:
        qualified = scope.qualified(node.func)
        name = onward_name(qualified)
        if name in _ONWARD_CALLS:
            self._onward_call(node, scope, name)
            return
        if qualified in _ADDS_TO_IMPORT_PATH:
            self._look_in(_argument(node, _ADDS_TO_IMPORT_PATH[qualified], ("sitedir",)), scope)
            return
        if qualified == "os.chdir":
            self._chdir(node, scope, tree)
            return
        magic = _line_magic(node)
        if magic is not None:
            self._magic(*magic, node)
            return
        if qualified is not None and self._function(node, scope, qualified):
            return
        if isinstance(node.func, ast.Attribute):
            self._method(node, node.func, scope, qualified)

    # Names of onward

    def _onward_call(self, node: ast.Call, scope: Scope, name: str) -> None:
        argument = _argument(node, 0, ("name",))
        values = constants.values(argument, scope) if argument is not None else ()
        texts = [value for value in values if isinstance(value, str) and _is_encodable(value)]
        if not texts or len(texts) < len(values):
            self.found.opens_load |= name == "load"
            self.found.opens_save |= name != "load"
        mentions: list[Mention] = getattr(self.found, _ONWARD_CALLS[name])
        mentions.extend(Mention(text, node.lineno) for text in texts)

    # Where imports look

    def assignment(self, node: ast.Assign | ast.AugAssign, scope: Scope) -> None:
        """`sys.path += [...]`, `sys.path[:0] = [...]`, `sys.path = [..., *sys.path]`."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        objects = [target.value if isinstance(target, ast.Subscript) else target for target in targets]
        if any(_is_import_path(each, scope) for each in objects):
            for part in _parts(node.value):
                if not _is_import_path(part, scope):
                    self._look_in(part, scope)

    def _look_in(self, expression: ast.expr | None, scope: Scope) -> None:
        """Further folders for imports, from where the code runs or from its file; any, where that cannot be told."""
        values = constants.values(expression, scope) if expression is not None else ()
        texts = [text for value in values for text in _path_texts(value)]
        self.found.opens_imports |= not texts
        for text in texts:
            is_relative = not text.startswith((FILE_FOLDER, "/", "~"))
            if THIS_FILE in text or (is_relative and self.folder is None) or text.startswith(("/", "~")):
                self.found.opens_imports = True
            else:
                path = constants.join(self.folder or "", text) if is_relative else constants.plain(text)
                line = getattr(expression, "lineno", 0)
                self.found.import_roots.append(Mention(path.rstrip("/") or ".", line, self.statements.around(line)))

    # Where relative paths start

    def _chdir(self, node: ast.Call, scope: Scope, tree: ast.Module) -> None:
        """A move at the top level is followed; one in a function, or under a condition, is lost sight of."""
        if any(isinstance(line, ast.Expr) and line.value is node for line in tree.body):
            self._change_folder(node, scope)
        else:
            self.folder = None

    def _change_folder(self, node: ast.Call, scope: Scope) -> None:
        argument = _argument(node, 0, ("path",))
        values = constants.values(argument, scope) if argument is not None else ()
        self._move(constants.path_text(values[0]) if len(values) == 1 else None)

    def _move(self, target: str | None) -> None:
        if target is None or target.startswith("~"):
            self.folder = None
        elif target.startswith(("/", FILE_FOLDER)):
            self.folder = constants.plain(target)
        elif self.folder is not None:
            self.folder = constants.join(self.folder, target)

    def _magic(self, magic: str, line: str, node: ast.Call) -> None:
        if magic == "cd":
            words = line.replace('"', "").replace("'", "").strip()
            self._move(None if words.startswith("-") or not words or _is_computed(words) else words)

    # Files

    def _function(self, node: ast.Call, scope: Scope, qualified: str) -> bool:
        """Enter a call of a function that an import brings in; False where it may yet be a method."""
        root, _, rest = qualified.partition(".")
        if root in _ALIASES and rest:
            qualified = f"{_ALIASES[root]}.{rest}"
        last = qualified.rpartition(".")[2]
        if qualified in ("sqlite3.connect", "duckdb.connect"):
            self._connect(node, scope)
        elif qualified in _COPIES:
            self._copy(node, scope, moves=qualified in ("shutil.move", "os.rename", "os.replace"))
        elif qualified in _RESOURCES:
            self._resource(node, scope)
        elif qualified in _BY_LIBRARY:
            self._access(node, scope, _BY_LIBRARY[qualified], sure=True)
        elif last in SPECIFIC and root in _LIBRARIES:
            self._access(node, scope, SPECIFIC[last], sure=True)
        elif root == "duckdb" and last in _SQL_METHODS:
            self._sql(node, scope)
        else:
            return False
        return True

    def _method(self, node: ast.Call, function: ast.Attribute, scope: Scope, qualified: str | None) -> None:
        method = function.attr
        if method in _PATH_METHODS or method in ("glob", "rglob", "rename", "replace"):
            receivers = [value.text for value in constants.values(function.value, scope) if isinstance(value, FilePath)]
            if receivers:
                self._path_method(node, method, receivers, scope)
                return
        if method in SPECIFIC:
            self._access(node, scope, SPECIFIC[method], sure=False)
        elif method == "save" and qualified is None:
            self._access(node, scope, Access(WRITE), sure=False)
        elif method in _SQL_METHODS and qualified is None:
            self._sql(node, scope)

    def _path_method(self, node: ast.Call, method: str, receivers: list[str], scope: Scope) -> None:
        if method in ("glob", "rglob"):
            deep = "**/" if method == "rglob" else ""
            for pattern in self._paths(_argument(node, 0, ("pattern",)), scope):
                for receiver in receivers:
                    self._enter(READ, constants.join(receiver, deep + pattern), node)
        elif method in ("rename", "replace"):
            for receiver in receivers:
                self._enter(READ, receiver, node)
            for target in self._paths(_argument(node, 0, ("target",)), scope):
                self._enter(WRITE, target, node)
        else:
            access = _PATH_METHODS[method]
            effect = _effect(node, access, scope)
            for receiver in receivers:
                self._enter(effect, receiver + access.suffix, node)

    def _access(self, node: ast.Call, scope: Scope, access: Access, *, sure: bool) -> None:
        """Enter the path that a call names. `sure`: the function is known, so any text is a path."""
        argument = _argument(node, access.position, _PATH_KEYWORDS)
        is_listing = access.suffix.startswith("/")
        if argument is None and is_listing and not node.args:
            self._enter(READ, "." + access.suffix, node)
        for text in self._paths(argument, scope):
            if not sure and not _looks_like_a_path(text):
                continue
            ends = access.suffix
            path = text.rstrip("/") + ends if is_listing else text if text.endswith(ends) else text + ends
            self._enter(_effect(node, access, scope), path, node)

    def _resource(self, node: ast.Call, scope: Scope) -> None:
        folder = constants.package_folder(node.args[0], scope) if node.args else None
        for name in self._paths(_argument(node, 1, ("resource", "resource_name")), scope) if folder is not None else ():
            self._enter(READ, f"{folder}/{name}", node)

    def _connect(self, node: ast.Call, scope: Scope) -> None:
        for text in self._paths(_argument(node, 0, ("database",)), scope):
            if text.startswith((":", "file:", "md:")):
                continue
            read_only = any(
                keyword.arg == "read_only" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                for keyword in node.keywords
            )
            self._enter(BOTH if self.changes_databases and not read_only else READ, text, node)

    def _copy(self, node: ast.Call, scope: Scope, *, moves: bool) -> None:
        sources = self._paths(_argument(node, 0, ("src",)), scope)
        targets = self._paths(_argument(node, 1, ("dst",)), scope)
        for source in sources:
            self._enter(READ, source, node)
        for target in targets:
            if not target.endswith("/"):
                self._enter(WRITE, target, node)
            for source in sources if target.endswith("/") else ():
                self._enter(WRITE, constants.join(target, source.rpartition("/")[2]), node)

    def _sql(self, node: ast.Call, scope: Scope) -> None:
        argument = _argument(node, 0, ("query", "sql"))
        for value in constants.values(argument, scope) if argument is not None else ():
            if isinstance(value, str):
                reads, writes = files_of(value)
                for text in reads:
                    self._enter(READ, text, node)
                for text in writes:
                    self._enter(WRITE, text, node)

    def _paths(self, argument: ast.expr | None, scope: Scope) -> list[str]:
        values = constants.values(argument, scope) if argument is not None else ()
        return [text for value in values for text in _path_texts(value)]

    def _enter(self, effect: str, path: str, node: ast.Call) -> None:
        if not _is_file(path):
            return
        if not path.startswith(("/", FILE_FOLDER, PACKAGE)):
            if self.folder is None:
                return
            path = constants.join(self.folder, path)
        mention = Mention(constants.plain(path), node.lineno, self.statements.around(node.lineno))
        if effect in (READ, BOTH):
            self.found.reads.append(mention)
        if effect in (WRITE, BOTH):
            self.found.writes.append(mention)


def _argument(node: ast.Call, position: int, keywords: tuple[str, ...]) -> ast.expr | None:
    before = node.args[: position + 1]
    if len(before) == position + 1 and not any(isinstance(argument, ast.Starred) for argument in before):
        return before[position]
    return next((keyword.value for keyword in node.keywords if keyword.arg in keywords), None)


def _is_import_path(node: ast.expr, scope: Scope) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and scope.qualified(node) == _IMPORT_PATH


def _parts(node: ast.expr) -> list[ast.expr]:
    """The lists that `+` and `*` put together, and the single elements of those that are written out."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_parts(node.left), *_parts(node.right)]
    if isinstance(node, (ast.List, ast.Tuple)):
        return [element.value if isinstance(element, ast.Starred) else element for element in node.elts]
    return [node]


def _effect(node: ast.Call, access: Access, scope: Scope) -> str:
    """What the call does to its file; a mode that is not constant may do both."""
    if access.mode is None:
        appends = any(
            keyword.arg == "mode" and isinstance(keyword.value, ast.Constant) and keyword.value.value == "a"
            for keyword in node.keywords
        )
        return BOTH if access.effect == WRITE and appends else access.effect
    position, default = access.mode
    argument = _argument(node, position, ("mode",))
    if argument is None:
        modes: tuple[Value, ...] = (default,)
    else:
        modes = constants.values(argument, scope)
    effects = {_mode_effect(mode) if isinstance(mode, str) else BOTH for mode in modes}
    return effects.pop() if len(effects) == 1 else BOTH


def _mode_effect(mode: str) -> str:
    if mode.startswith(("w", "x")):
        return WRITE
    return BOTH if mode.startswith("a") or "+" in mode else READ


def _path_texts(value: Value) -> Iterator[str]:
    if isinstance(value, tuple):
        for item in value:
            text = constants.path_text(item)
            if text is not None:
                yield text
    else:
        text = constants.path_text(value)
        if text is not None:
            yield text


def _is_file(text: str) -> bool:
    """Whether a text may be a path of this machine's file system."""
    if not text or len(text) > 1024 or text.startswith(("~", "-", "{", "[{")) or not _is_encodable(text):
        return False
    if text.startswith("<") and not text.startswith((FILE_FOLDER, PACKAGE)):
        return False  # markup given in place of a file
    return THIS_FILE not in text and "://" not in text and not re.search(r"[\n\r\0]", text)


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _looks_like_a_path(text: str) -> bool:
    return "/" in text or "\\" in text or re.search(r"\.[A-Za-z0-9_]{1,10}$", text) is not None


def _is_computed(line: str) -> bool:
    """Whether a magic's line takes in Python values (`{name}`, `$name`)."""
    return "{" in line or "$" in line


def _line_magic(node: ast.Call) -> tuple[str, str] | None:
    """The name and line of `get_ipython().run_line_magic(name, line)`, which a magic is read as."""
    function = node.func
    if not isinstance(function, ast.Attribute) or function.attr != "run_line_magic" or len(node.args) < 2:
        return None
    words = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args[:2]]
    return (words[0], words[1]) if isinstance(words[0], str) and isinstance(words[1], str) else None
