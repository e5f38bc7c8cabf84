"""Which of the installed distributions a result rests on, and what each of them is now.

Everything that is installed counts, unless the step was watched from its first moment to its last: only then is it
known that what it did not touch did not matter. Knows no folder; what is installed is told to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from onward.app.environments.installed import OWN, Installed
from onward.base.codec import digest_of
from onward.base.digest import Digest
from onward.base.requirements import Requirement, applies, normal_name, parse_requirement
from onward.model.trace import Observation

WHOLE = Observation("distributions", "all")
"""Without its digest: everything that is installed."""
ENTRY_POINTS = Observation("distributions", "entry points")
"""Without its digest: what distributions register for others to find."""
_ASKS_FOR_OTHERS = frozenset({"importlib", "pkg_resources", "importlib_metadata", "pkgutil"})
"""Code that names one of these may ask what is installed without importing it."""
_READS_ENTRY_POINTS = frozenset({"importlib.metadata", "importlib_metadata", "pkg_resources"})
_NEVER_INSTALLED = frozenset({"onward", "__main__", "__mp_main__"})
_EXTRA = re.compile(r"\bextra\b\s*==\s*['\"]([^'\"]+)['\"]")


@dataclass(frozen=True)
class Touched:
    """What one run of a step had to do with installed packages.

    Attributes:
        externals: top-level modules outside of the workspace that its code names, whether or not it came to them.
        modules: installed modules that were loaded when it ended, top-level ones, with their folders where packages
            share one, and `importlib.metadata`; of a complete run also whatever else among the packages it read,
            by the name of the folder or file at the top (`pandas`, `pandas-2.1.dist-info`).
        missing: top-level modules that it looked for and that were not loaded in the end; None: not known, as
            where a second process took part.
        is_complete: all that it did was seen, in every process, and no computed name chose what its code imports.
    """

    externals: Collection[str] = ()
    modules: Collection[str] = ()
    missing: Collection[str] | None = None
    is_complete: bool = False


@dataclass(frozen=True)
class Distributions:
    """What is installed in a Python, as it counts for results.

    Attributes:
        facts: what the conditions of requirements ask of the Python.
        stdlib: the top-level modules that are the Python's own.
        members: distributions that are workspace code: these count by what they say and never by version.
        foreign: by folder, the code outside of the workspace that is imported from where it is edited.
    """

    installed: Installed
    facts: Mapping[str, str]
    stdlib: Collection[str]
    members: Collection[str] = ()
    foreign: Mapping[str, Digest] = field(default_factory=dict)
    _seen: dict[tuple[str, str], Digest] = field(default_factory=dict)

    def counted(self) -> list[str]:
        """The names of the distributions that count by what was installed, sorted."""
        return [name for name in self.installed.distributions if name not in OWN and name not in self.members]

    def modules(self) -> frozenset[str]:
        """The top-level modules that are there without the workspace: Python's own, and those of distributions."""
        distributions = self.installed.distributions
        provided = {
            module.partition(".")[0]
            for name, each in distributions.items()
            if name not in self.members and name not in OWN
            for module in each.provides
        }
        return frozenset(provided.union(self.stdlib))

    def seen(self, observation: Observation) -> Digest:
        """What an observation of kind `distributions`, `distribution` or `module` would give now."""
        asked = (observation.kind, observation.name)
        if asked not in self._seen:
            self._seen[asked] = self._look(*asked)
        return self._seen[asked]

    def _look(self, kind: str, name: str) -> Digest:
        if kind == "distribution":
            return self._identity(name)
        if kind == "module":
            return self._module(name)
        return self._entry_points() if name == ENTRY_POINTS.name else self._whole()

    def observations(self, touched: Touched, is_workspace: Callable[[str], bool]) -> list[Observation]:
        """What the result of such a run rests on, sorted.

        Args:
            touched: what the run had to do with packages.
            is_workspace: whether a module is one of the workspace's files.
        """
        names = self._reached(touched, is_workspace)
        if names is None:
            return [self._now(WHOLE)]
        found = {Observation("distribution", name) for name in names}
        modules = set(touched.modules)
        # Of what it looked for and neither loaded nor read, only that it is there, or not, can have mattered.
        for name in touched.missing or ():
            if name not in self.stdlib and name not in _NEVER_INSTALLED and not is_workspace(name):
                found.add(Observation("module", name))
        found.update(Observation("module", name) for name in modules if self._strays(name))
        for name in touched.externals:
            if name not in modules and not self._is_known(name) and not is_workspace(name):
                found.add(Observation("module", name))
        if touched.missing is None or modules & _READS_ENTRY_POINTS:
            found.add(ENTRY_POINTS)
        return sorted(map(self._now, found), key=lambda observation: (observation.kind, observation.name))

    def _now(self, observation: Observation) -> Observation:
        return Observation(observation.kind, observation.name, self.seen(observation))

    def _reached(self, touched: Touched, is_workspace: Callable[[str], bool]) -> set[str] | None:
        """The distributions that count, installed or not; None for everything."""
        if not touched.is_complete or _ASKS_FOR_OTHERS.intersection(touched.externals):
            return None
        roots = {name for name, each in self.installed.distributions.items() if each.starts}
        for name in touched.modules:
            owners = self.installed.owners(name)
            if not owners and not self._is_known(name) and not self._strays(name) and not is_workspace(name):
                return None  # nobody knows where it came from
            roots.update(owners)
        for name in touched.externals:
            roots.update(self.installed.owners(name))
        closure = self._closure(roots, with_partners=touched.missing is None)
        return None if closure is None else closure.difference(OWN, self.members)

    def _is_known(self, module: str) -> bool:
        top = module.partition(".")[0]
        return top in self.stdlib or top in _NEVER_INSTALLED or bool(self.installed.owners(module))

    def _closure(self, names: Iterable[str], *, with_partners: bool) -> set[str] | None:
        """The distributions with all that they require, installed or not; None where a requirement is unreadable.

        Args:
            names: where to begin.
            with_partners: with what any extra of them names as well.
        """
        seen: set[tuple[str, tuple[str, ...]]] = set()
        todo: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in names]
        while todo:
            name, extras = item = todo.pop()
            distribution = self.installed.distributions.get(name)
            if item in seen:
                continue
            seen.add(item)
            if distribution is None or name in OWN or name in self.members:
                continue
            for line in distribution.requires:
                requirement = parse_requirement(line)
                if requirement is None:
                    return None
                if self._is_required(requirement, extras, with_partners=with_partners):
                    todo.append((requirement.name, tuple(sorted(requirement.extras))))
        return {name for name, _ in seen}

    def _is_required(self, requirement: Requirement, extras: Collection[str], *, with_partners: bool) -> bool:
        marker = requirement.marker
        if applies(marker, self.facts, extras) is not False:
            return True
        named = [normal_name(extra) for extra in _EXTRA.findall(marker)]
        return with_partners and applies(marker, self.facts, named) is not False

    def _identity(self, name: str) -> Digest:
        """What one distribution is; empty where it is not installed."""
        distribution = self.installed.distributions.get(name)
        if distribution is None:
            return ""
        return digest_of([distribution.version, distribution.content, self._code_in(distribution.roots)])

    def _code_in(self, roots: Iterable[str]) -> list[Digest]:
        return [digest for root in roots if (digest := self.foreign.get(root)) is not None]

    def _module(self, name: str) -> Digest:
        """Who provides a module, with the bytes of a file that nobody does; empty where there is no such module."""
        owners, strays = self.installed.owners(name), self._strays(name)
        return digest_of([owners, strays]) if owners or strays else ""

    def _strays(self, name: str) -> list[tuple[str, Digest]]:
        """The files among the packages that are a module of this name and belong to no distribution."""
        rows = sorted(self.installed.strays.items())
        return [(stray, digest) for stray, digest in rows if digest and stray.partition(".")[0] == name]

    def _entry_points(self) -> Digest:
        rows = self.installed.distributions.values()
        return digest_of([(row.name, row.entry_points) for row in rows if row.entry_points and row.name not in OWN])

    def _whole(self) -> Digest:
        return digest_of(
            {
                "distributions": [(name, self._identity(name)) for name in self.counted()],
                "strays": sorted(self.installed.strays.items()),
                "roots": self._code_in(self.installed.roots),
            }
        )
