"""What user code imports: `asset`, `check`, `ref`, and `load`, `save`, `metric`, `today` for notebooks and scripts.

Standard library only, Python 3.9 and up: it runs in the workspace's own Python. Decorators mark and change
nothing, so that a test calls the function with frames of its own.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, List, Optional, TypeVar, Union, overload

if TYPE_CHECKING:
    import datetime

F = TypeVar("F", bound=Callable[..., Any])


class Ref:
    """Stands in a signature for another project's asset: `orders: pl.DataFrame = ref("sales/orders")`."""

    def __init__(self, target: Union[str, Callable[..., Any]]) -> None:
        self.target = target

    def __repr__(self) -> str:
        name = self.target if isinstance(self.target, str) else self.target.__name__
        return f"ref({name!r})"


def ref(target: Union[str, Callable[..., Any]]) -> Any:
    """Another project's asset, by name (`"sales/orders"`) or by the function that makes it."""
    if not isinstance(target, str) and not callable(target):
        raise TypeError(f"ref takes an asset's name or its function, not {type(target).__name__}")
    return Ref(target)


@overload
def asset(function: F) -> F: ...
@overload
def asset(
    *,
    name: Optional[str] = ...,
    kind: Optional[str] = ...,
    unit: Optional[str] = ...,
    title: Optional[str] = ...,
    key: Optional[List[str]] = ...,
    tolerance: Union[float, str, None] = ...,
) -> Callable[[F], F]: ...
def asset(
    function: Optional[Callable[..., Any]] = None,
    *,
    name: Optional[str] = None,
    kind: Optional[str] = None,
    unit: Optional[str] = None,
    title: Optional[str] = None,
    key: Optional[List[str]] = None,
    tolerance: Union[float, str, None] = None,
) -> Any:
    """Makes a function a step: what it returns is kept under its name.

    Args:
        function: the function, where the decorator is used without options.
        name: the asset's name, where it is not the function's.
        kind: `table`, `metric`, `figure`, `model`, `document` or `file`, where the value alone does not say it.
        unit: of a metric: `"min"`, `"USD"`.
        title: for people.
        key: columns whose values name a row.
        tolerance: of a metric, how far it may move without being told as changed: `0.1`, in its unit, or `"1 %"`.
    """
    del name, kind, unit, title, key, tolerance  # read from the source, where they must be literal
    if function is None:
        return _ordinary
    return _ordinary(function)


def check(target: Union[str, Callable[..., Any]], *, severity: str = "error") -> Callable[[F], F]:
    """Makes a function a check of an asset: it returns the offending rows, or a bool, or asserts.

    Args:
        target: the asset's name, or the function that makes it.
        severity: `error` holds a release back, `warn` does not.
    """
    if severity not in ("error", "warn"):
        raise ValueError(f"severity is 'error' or 'warn', not {severity!r}")
    if not isinstance(target, str) and not callable(target):
        raise TypeError("check takes an asset: @check(carriers) or @check('carriers')")
    return _ordinary


def _ordinary(function: Any) -> Any:
    """The function as it is, save that a `ref` nobody passed a value for is named instead of computed with."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        defaults = function.__kwdefaults__ or {}
        missing = [name for name, value in defaults.items() if isinstance(value, Ref) and name not in kwargs]
        if function.__defaults__:
            names = function.__code__.co_varnames[: function.__code__.co_argcount]
            with_default = list(zip(names[-len(function.__defaults__) :], function.__defaults__))
            given = set(names[: len(args)]) | set(kwargs)
            missing += [name for name, value in with_default if isinstance(value, Ref) and name not in given]
        if missing:
            words = ", ".join(f"{name}=..." for name in missing)
            raise TypeError(f"{function.__name__} takes another project's asset: pass `{words}`")
        return function(*args, **kwargs)

    return call


def load(name: str, wanted: Any = None, *, build: bool = True, at: Optional[str] = None) -> Any:
    """An asset or a source by name: the project's own (`"flights"`) or another's (`"sales/orders"`).

    Args:
        name: what to load; written literally, so that the graph can be read from the code.
        wanted: the type to get, such as `polars.DataFrame` or `pathlib.Path`; None: as it was saved.
        build: in a live session, bring it up to date first; False takes what is there.
        at: in a live session, take it from a channel (`"main"`), release or snapshot instead.

    Raises:
        LookupError: nothing is called so.
    """
    session = _session()
    if session is not None:
        return session.load(name, _type_name(wanted))
    handed = _live().hand_over(name, build=build, at=at)
    from onward.runtime.session import open_input, preferred_library

    return open_input(handed, _type_name(wanted), preferred_library())


def save(name: str, value: Any, *, kind: Optional[str] = None, title: Optional[str] = None) -> None:
    """Keeps a value as the asset `name` of the project. In a live session it only says what a run would keep."""
    session = _session()
    if session is not None:
        session.save(name, value, kind=kind, title=title)
    else:
        print(f"a run keeps this as `{name}`")


def metric(name: str, value: Any, *, unit: Optional[str] = None, title: Optional[str] = None) -> None:
    """Keeps a number as the metric `name` of the project. In a live session it only shows it."""
    session = _session()
    if session is not None:
        session.save(name, value, kind="metric", unit=unit, title=title)
    else:
        print(f"{name} = {value}{' ' + unit if unit else ''}")


def today() -> datetime.date:
    """The date as of which the results are made; a step that asks counts it among its inputs."""
    session = _session()
    if session is not None:
        return session.today()
    import datetime

    return datetime.datetime.now(datetime.timezone.utc).date()


def _session() -> Any:
    from onward.runtime import session

    return session.current()


def _live() -> Any:
    import importlib

    try:
        return importlib.import_module("onward.app.live")
    except ImportError as error:
        raise RuntimeError("a live session needs onward in the kernel's own environment: pip install onward") from error


def _type_name(wanted: Any) -> str:
    if wanted is None:
        return ""
    if isinstance(wanted, str):
        return wanted
    return f"{wanted.__module__}.{wanted.__qualname__}".replace("builtins.", "")
