"""Workspaces as values, of which it is known by construction what each step can reach, and edits to them.

A world has modules of functions, constants and classes that use one another, steps that use them, tables by SQL,
data, parameters and installed packages. `meaning` says what a step rests on without any of the analysis that is
being tried: it follows the references that the world was built from.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from tests.properties.packages import PACKAGES, with_required

MODULES = 4
PROJECTS = ("p", "q")
STYLES = ("from", "module", "alias", "inside", "star")
KINDS = ("function", "function", "constant", "class", "cached", "wrapped", "packaged")


@dataclass
class Item:
    """A function, constant or class of a module; `refs` are items of lower rank, by name."""

    name: str
    module: int
    kind: str
    number: int
    refs: list[str] = field(default_factory=list)
    style: str = "from"
    """How its module imports what it takes from other modules."""
    comment: str = ""
    doc: str = ""
    default: int | None = None
    """That of a second parameter, if it has one."""
    base: str = ""
    """The class that a class is derived from."""
    hint: str = ""
    package: str = ""
    """The installed package that it uses, where its kind is `packaged`."""
    spare: str = ""
    """A local name, which is no part of the meaning for its value, but is for what is written."""

    def names(self) -> list[str]:
        """The items that it names."""
        return [*self.refs, self.base] if self.base else self.refs

    def text(self) -> tuple[object, ...]:
        """What it says, apart from words for people."""
        named = (tuple(self.refs), self.base, self.package)
        return (self.kind, self.number, *named, self.default, self.spare)

    def written(self, items: dict[str, Item]) -> str:
        """The form in which it names what it takes from other modules; what a star brings is found by name."""
        is_by_name = self.style == "star" or (self.kind == "constant" and self.style == "inside")
        style = "from" if is_by_name else self.style
        return style if any(items[ref].module != self.module for ref in self.names()) else ""


@dataclass
class Step:
    """A step: a function of a project's file, or a query."""

    name: str
    project: str
    takes: list[str]
    uses: list[str]
    number: int = 1
    style: str = "from"
    is_query: bool = False
    second: int | None = None
    """Of a query: what its second column is multiplied by, which no other query uses; None: it has none."""
    limit: int | None = None
    title: str = ""
    unit: str = ""
    function: str = ""
    """The name of its function, where the asset is declared to have another."""
    returns: str = ""
    """What it is annotated to return."""
    comment: str = ""
    doc: str = ""
    fails: bool = False

    @property
    def full(self) -> str:
        return f"{self.project}/{self.name}"


@dataclass
class World:
    """Everything that there is."""

    items: dict[str, Item] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    effects: dict[int, int] = field(default_factory=dict)
    """Modules whose import sets a variable, and to what."""
    numbers: dict[str, int] = field(default_factory=lambda: {"left": 1, "right": 2})
    rows: list[int] = field(default_factory=lambda: [1, 2])
    parameter: int | None = None
    packages: dict[str, int] = field(default_factory=lambda: {"alpha": 1, "beta": 1})
    """What is installed, with its version."""
    locked: dict[str, int] = field(default_factory=dict)
    """What `requirements.txt` asks for, which may not be what is installed; nothing: there is no such file."""
    decorators: dict[int, int] = field(default_factory=dict)
    """What the decorators of modules add; one where nothing is said."""
    broken: set[int] = field(default_factory=set)
    """Modules whose import fails."""
    names: dict[int, str] = field(default_factory=dict)
    """What modules are called that are not called by their number."""
    variable: str = ""
    """What `[environment]` sets for all steps."""
    owner: str = ""
    """What a project says of itself."""
    unused: dict[int, str] = field(default_factory=dict)
    """What modules import of the standard library and do not use."""
    layout: dict[int, int] = field(default_factory=dict)
    """Blank lines and comments between a module's items."""

    def files(self) -> dict[str, str]:
        settings = "" if self.parameter is None else f"[parameters]\nlimit = {self.parameter}\n"
        settings += f'[environment]\nset = {{ LEVEL = "{self.variable}" }}\n' if self.variable else ""
        files = {
            "onward.toml": settings,
            "data/rows.csv": "n\n" + "".join(f"{number}\n" for number in self.rows),
        }
        if self.locked:
            files["requirements.txt"] = "".join(f"{name}=={version}.0\n" for name, version in self.locked.items())
        files |= {f"data/{name}.json": json.dumps([value]) for name, value in self.numbers.items()}
        files |= {f"lib/{self.module(number)}.py": self._module(number) for number in range(MODULES)}
        if self.owner:
            files["projects/p/onward.toml"] = f'owner = "{self.owner}"\n'
        for project in PROJECTS:
            functions = [step for step in self.steps.values() if step.project == project and not step.is_query]
            files[f"projects/{project}/steps.py"] = self._steps(functions)
        files |= {
            f"projects/{step.project}/{step.name}.sql": _query(step) for step in self.steps.values() if step.is_query
        }
        return files

    # -- how it is written -----------------------------------------------------------------------------

    def module(self, number: int) -> str:
        return self.names.get(number, f"m{number}")

    def _module(self, number: int) -> str:
        own = [item for item in self.items.values() if item.module == number]
        lines = ['"""A module."""', "import functools", "import os", *self._imports(own)]
        lines += [f"import {package}" for package in sorted(self.packages_at_import(number))]
        lines += [f"import {self.unused[number]}"] if self.unused.get(number) else []
        if number in self.effects:
            lines.append(f'os.environ["EFFECT_{number}"] = "{self.effects[number]}"')
        if any(item.kind == "wrapped" for item in own):
            lines += [
                f"def wrap_{number}(function):",
                "    def inner(*values):",
                f"        return function(*values) + {self.decorators.get(number, 1)}",
                "    return inner",
            ]
        gap = ["", "# a word between them", ""][: self.layout.get(number, 0)]
        for item in own:
            lines += [*gap, *self._item(item)]
        lines += ["1 / 0"] if number in self.broken else []
        return "\n".join(lines) + "\n"

    def _imports(self, users: list[Item]) -> list[str]:
        lines = []
        for item in users:
            for ref in item.names():
                target = self.items[ref]
                if target.module != item.module and (ref == item.base or not self._is_inside(item)):
                    lines.append(self._import(target, _eager(item.style) if ref == item.base else item.style))
        return list(dict.fromkeys(lines))

    def packages_at_import(self, number: int) -> set[str]:
        """The packages that importing a module imports."""
        own = [item for item in self.items.values() if item.module == number and item.kind == "packaged"]
        return {item.package for item in own if item.style != "inside"}

    def _is_inside(self, item: Item) -> bool:
        return item.style == "inside" and item.kind != "constant"

    def _item(self, item: Item) -> list[str]:
        style = "from" if item.style == "inside" and item.kind == "constant" else item.style
        terms = [self._use(self.items[ref], style, item.module) for ref in item.refs]
        if item.kind == "constant":
            return [f"{item.name} = {' + '.join([str(item.number), *terms])}"]
        inside = [self._import(self.items[r], "from") for r in item.refs if self.items[r].module != item.module]
        words = [f'"""{item.doc}"""'] if item.doc else []
        words += [f"# {item.comment}"] if item.comment else []
        words += inside if self._is_inside(item) else []
        words += [f"import {item.package}"] if item.package and item.style == "inside" else []
        words += [f"{item.spare} = value"] if item.spare else []
        terms += [f"{item.package}.NUMBER"] if item.package else []
        total = " + ".join([f"(value + {item.number}) % 101", *terms])
        if item.kind == "class":
            base = f"({self._name(self.items[item.base], _eager(item.style), item.module)})" if item.base else ""
            terms += ["super().apply(value)"] if item.base else []
            total = " + ".join([f"(value + {item.number}) % 101", *terms])
            head = [f"class {item.name}{base}:", *_indented([f"factor = {item.number}"]), "    def apply(self, value):"]
            return [*head, *_indented(_indented([*words, f"return self.factor + {total}"]))]
        parameters = f"value: {item.hint}" if item.hint else "value"
        parameters += "" if item.default is None else f", more={item.default}"
        total += "" if item.default is None else " + more"
        decorators = {"cached": "functools.lru_cache(maxsize=None)", "wrapped": f"wrap_{item.module}"}
        head = [f"@{decorators[item.kind]}"] if item.kind in decorators else []
        return [*head, f"def {item.name}({parameters}):", *_indented([*words, f"return {total}"])]

    def _import(self, target: Item, style: str) -> str:
        module = self.module(target.module)
        if style == "module":
            return f"import {module}"
        if style == "alias":
            return f"from {module} import {target.name} as {target.name}_there"
        if style == "star":
            return f"from {module} import *"
        return f"from {module} import {target.name}"

    def _name(self, target: Item, style: str, module: int | None) -> str:
        """How an item is named in a module, or in a file of steps."""
        if target.module == module:
            return target.name
        written = {"module": f"{self.module(target.module)}.{target.name}", "alias": f"{target.name}_there"}
        return written.get(style, target.name)

    def _use(self, target: Item, style: str, module: int | None, value: str = "2") -> str:
        name = self._name(target, style, module)
        return {"constant": name, "class": f"{name}().apply({value})"}.get(target.kind, f"{name}({value})")

    def _steps(self, steps: list[Step]) -> str:
        lines = ["from onward import asset, ref"]
        for step in steps:
            lines += [self._import(self.items[ref], step.style) for ref in step.uses if step.style != "inside"]
        lines = list(dict.fromkeys(lines))
        for step in steps:
            options = [f'title="{step.title}"'] if step.title else []
            options += [f'name="{step.name}"'] if step.function else []
            options += [f'unit="{step.unit}"'] if step.unit else []
            lines.append(f"@asset({', '.join(options)})" if options else "@asset")
            plain = [name for name in step.takes if "/" not in name]
            by_ref = [f'{name.replace("/", "_")}=ref("{name}")' for name in step.takes if "/" in name]
            limit = [] if step.limit is None else [f"limit={step.limit}"]
            keywords = ["*", *by_ref, *limit] if by_ref or limit else []
            returns = f" -> {step.returns}" if step.returns else ""
            lines.append(f"def {step.function or step.name}({', '.join([*plain, *keywords])}){returns}:")
            body = [f'"""{step.doc}"""'] if step.doc else []
            body += [f"# {step.comment}"] if step.comment else []
            body += [self._import(self.items[ref], "from") for ref in step.uses if step.style == "inside"]
            body.append(f"total = {step.number}{'' if step.limit is None else ' + limit'}")
            body += [f"total += len(repr({name.replace('/', '_')}))" for name in step.takes]
            body += [f"total += {self._use(self.items[ref], step.style, None, 'total')}" for ref in step.uses]
            body += ['raise ValueError("it was told to fail")'] if step.fails else []
            lines += _indented([*body, "return total"])
        return "\n".join(lines) + "\n"

    # -- what it means ---------------------------------------------------------------------------------

    def reached(self, names: list[str]) -> list[str]:
        """The items that can be reached from some, sorted."""
        found: set[str] = set()
        pending = list(names)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += self.items[name].names()
        return sorted(found)

    def imported(self, modules: set[int]) -> set[int]:
        """The modules that importing some of them runs."""
        found: set[int] = set()
        pending = list(modules)
        while pending:
            number = pending.pop()
            if number not in found:
                found.add(number)
                for item in self.items.values():
                    if item.module == number:
                        eager = [item.base] * bool(item.base) if self._is_inside(item) else item.names()
                        pending += [self.items[ref].module for ref in eager]
        return found

    def modules_of(self, step: Step) -> set[int]:
        """The modules that running a step runs."""
        fellows = [each for each in self.steps.values() if each.project == step.project and not each.is_query]
        modules = {self.items[ref].module for each in fellows if each.style != "inside" for ref in each.uses}
        return self.imported(modules | {self.items[item].module for item in self.reached(step.uses)})

    def packages_of(self, step: Step) -> set[str]:
        """The packages that running a step imports, installed or not, with what they require."""
        if step.is_query:
            return set()
        names = {package for number in self.modules_of(step) for package in self.packages_at_import(number)}
        names |= {self.items[item].package for item in self.reached(step.uses)} - {""}
        return with_required(names)

    def cannot_run(self, name: str) -> bool:
        """Whether a step fails: it was told to, or lacks a package."""
        step = self.steps[name]
        if step.is_query:
            return False
        is_broken = bool(self.modules_of(step) & self.broken)
        return step.fails or is_broken or not self.packages_of(step) <= self.packages.keys()

    def meaning(self, name: str, contents: dict[str, object], *, is_watched: bool) -> object:
        """What a step rests on.

        Args:
            name: the step.
            contents: those of the assets.
            is_watched: somebody sees which packages it comes to; else all of them count.
        """
        step = self.steps[name]
        taken = tuple((asset, self._taken(step, asset, contents)) for asset in step.takes)
        counted = self.packages_of(step) if is_watched else self.packages.keys()
        packages = tuple((package, self.packages.get(package)) for package in sorted(counted))
        if step.is_query:
            return ("query", step.number, step.second, taken, packages, self.variable)
        reached = self.reached(step.uses)
        modules = sorted(self.modules_of(step))
        effects = tuple((self.module(number), self.effects[number]) for number in modules if number in self.effects)
        imported = {number: tuple(sorted(self.packages_at_import(number))) for number in modules}
        imports = tuple((self.module(number), names) for number, names in imported.items() if names)
        limit = None if step.limit is None else (step.limit, self.parameter)
        code = tuple((item, self._code(self.items[item])) for item in reached)
        written = {"star": "from"}.get(step.style, step.style) if step.uses else ""
        return (
            "function",
            step.function,
            step.returns,
            self.variable,
            step.number,
            limit,
            step.unit,
            tuple(step.uses),
            written,
            taken,
            code,
            effects,
            imports,
            packages,
        )

    def _code(self, item: Item) -> object:
        decorator = self.decorators.get(item.module, 1) if item.kind == "wrapped" else None
        return (self.module(item.module), item.text(), item.written(self.items), decorator)

    def _taken(self, step: Step, asset: str, contents: dict[str, object]) -> object:
        if asset == "rows":
            return tuple(self.rows)
        own = asset if "/" in asset else f"{step.project}/{asset}"
        if own in self.steps and step.is_query:
            return (self._column(own), self.steps[own].second is None)
        if own in self.steps:
            return contents.get(own)
        return self.numbers[asset]

    def _column(self, name: str) -> tuple[int, ...]:
        """The first column of a query's table, the one that other queries use."""
        query = self.steps[name]
        (table,) = query.takes
        values = tuple(self.rows) if table == "rows" else self._column(*self.upstream(name))
        return tuple(value + query.number for value in values)

    def upstream(self, name: str) -> list[str]:
        step = self.steps[name]
        assets = [asset if "/" in asset else f"{step.project}/{asset}" for asset in step.takes]
        return [asset for asset in assets if asset in self.steps]

    def in_order(self) -> Iterator[str]:
        """The steps, each behind what it takes."""
        done: set[str] = set()
        while len(done) < len(self.steps):
            for name in self.steps:
                if name not in done and done.issuperset(self.upstream(name)):
                    done.add(name)
                    yield name


def _eager(style: str) -> str:
    """How something is imported that a module cannot do without."""
    return "from" if style == "inside" else style


def _query(step: Step) -> str:
    (table,) = step.takes
    columns = f"n + {step.number} as n"
    columns += "" if step.second is None else f", n * {step.second} as m"
    text = f"select {columns} from {table.replace('/', '.')}\n"
    if step.doc:  # the same query in another layout
        text = text.replace("select", "SELECT\n   ").replace(" from ", "\nFROM ")
    return f"-- {step.comment}\n{text}" if step.comment else text


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


# -- edits ---------------------------------------------------------------------------------------------


class Edits:
    """What somebody does to a world. Each changes it, or leaves it where there is nothing to do it to."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random

    def item(self) -> Item | None:
        return self.random.choice(list(self.world.items.values())) if self.world.items else None

    def step(self) -> Step | None:
        return self.random.choice(list(self.world.steps.values())) if self.world.steps else None

    def function_step(self) -> Step | None:
        found = [step for step in self.world.steps.values() if not step.is_query]
        return self.random.choice(found) if found else None

    def add_item(self) -> None:
        number = self.random.randrange(MODULES)
        kind = self.random.choice(KINDS)
        name = f"{kind[0]}{len(self.world.items)}_{self.random.randrange(1000)}"
        if name in self.world.items:
            return
        lower = [item for item in self.world.items.values() if item.module <= number]
        if kind == "constant":
            lower = [item for item in lower if item.kind == "constant" and item.module == number]
        refs = [item.name for item in self.random.sample(lower, min(len(lower), self.random.randrange(3)))]
        style = self.random.choice(STYLES)
        self.world.items[name] = Item(name, number, kind, self.random.randrange(10), refs, style)
        if kind == "packaged":
            self.world.items[name].package = self.random.choice(list(self.world.packages or PACKAGES))

    def remove_unused_item(self) -> None:
        used = {ref for user in self.world.items.values() for ref in user.names()}
        used |= {ref for step in self.world.steps.values() for ref in step.uses}
        used |= {item.name for item in self.world.items.values() if item.package and item.style != "inside"}
        spare = [item.name for item in self.world.items.values() if item.name not in used and not self._brings(item)]
        if spare:
            del self.world.items[self.random.choice(spare)]

    def _brings(self, item: Item) -> bool:
        """Whether its module imports another one for it that acts or imports packages: that would go with it."""
        others = {self.world.items[ref].module for ref in item.names()} - {item.module}
        imported = self.world.imported(others)
        return any(number in self.world.effects or self.world.packages_at_import(number) for number in imported)

    def change_item(self) -> None:
        item = self.item()
        if item is not None:
            item.number += self.random.randrange(1, 4)

    def reword_item(self) -> None:
        item = self.item()
        if item is not None:
            item.comment = self.random.choice(["", "one", "two"])
            if item.kind != "wrapped":  # its decorator could read the docstring
                item.doc = self.random.choice(["", "three", "four"])
                item.hint = self.random.choice(["", "int", "float"]) if item.kind not in ("class", "constant") else ""

    def change_a_signature(self) -> None:
        item = self.item()
        if item is not None and item.kind not in ("class", "constant"):
            item.default = self.random.choice([None, 1, 2])

    def decorate_otherwise(self) -> None:
        item = self.item()
        if item is not None and item.kind in ("function", "cached", "wrapped"):
            item.kind = self.random.choice(["function", "cached", "wrapped"])
            item.doc = item.hint = ""

    def change_a_decorator(self) -> None:
        self.world.decorators[self.random.randrange(MODULES)] = self.random.randrange(1, 4)

    def derive_a_class(self) -> None:
        item = self.item()
        if item is not None and item.kind == "class":
            place = list(self.world.items).index(item.name)
            classes = [other for other in list(self.world.items.values())[:place] if other.kind == "class"]
            item.base = self.random.choice(["", *(each.name for each in classes if each.module <= item.module)])

    def break_or_mend_a_module(self) -> None:
        self.world.broken ^= {self.random.randrange(MODULES)}

    def rename_a_module(self) -> None:
        """With all that imports it."""
        number = self.random.randrange(MODULES)
        self.world.names[number] = self.random.choice([f"m{number}", f"n{number}"])

    def declare_another_name(self) -> None:
        """The function gets another name, and the asset keeps its own."""
        step = self.function_step()
        if step is not None:
            step.function = self.random.choice(["", f"make_{step.name}"])

    def annotate(self) -> None:
        step = self.function_step()
        if step is not None:
            step.returns = self.random.choice(["", "int", "float"])

    def set_a_variable(self) -> None:
        self.world.variable = self.random.choice(["", "1", "2"])

    def name_an_owner(self) -> None:
        self.world.owner = self.random.choice(["", "Ada", "Grace"])

    def name_a_local(self) -> None:
        item = self.item()
        if item is not None and item.kind != "constant":
            item.spare = self.random.choice(["", "kept", "held"])

    def rename_item(self) -> None:
        """With all that names it."""
        item = self.item()
        if item is not None:
            before, item.name = item.name, f"{item.kind[0]}{self.random.randrange(1000, 9999)}"
            if item.name in self.world.items:
                item.name = before
                return
            names = {before: item.name}
            self.world.items = {each.name: each for each in self.world.items.values()}
            for user in self.world.items.values():
                user.refs = [names.get(ref, ref) for ref in user.refs]
                user.base = names.get(user.base, user.base)
            for step in self.world.steps.values():
                step.uses = [names.get(ref, ref) for ref in step.uses]

    def rename_step(self) -> None:
        """With all that takes it."""
        step = self.step()
        free = [name for name in "abcdefgh" if step is not None and f"{step.project}/{name}" not in self.world.steps]
        if step is not None and free:
            before, step.name = step.full, self.random.choice(free)
            names = {before: step.full}
            self.world.steps = {each.full: each for each in self.world.steps.values()}
            for user in self.world.steps.values():
                own = f"{user.project}/"
                taken = [asset if "/" in asset else f"{own}{asset}" for asset in user.takes]
                renamed = [names.get(asset) for asset in taken]
                user.takes = [
                    asset if now is None else now.removeprefix(own)
                    for asset, now in zip(user.takes, renamed, strict=True)
                ]

    def drop_a_reference(self) -> None:
        item = self.item()
        if item is not None and item.refs:
            item.refs.pop(self.random.randrange(len(item.refs)))

    def import_otherwise(self) -> None:
        item = self.item()
        if item is not None:
            item.style = self.random.choice(STYLES)

    def lay_out_otherwise(self) -> None:
        self.world.layout[self.random.randrange(MODULES)] = self.random.randrange(4)

    def import_what_nobody_uses(self) -> None:
        self.world.unused[self.random.randrange(MODULES)] = self.random.choice(["", "math", "string"])

    def set_an_effect(self) -> None:
        self.world.effects[self.random.randrange(MODULES)] = self.random.randrange(5)

    def take_an_effect_away(self) -> None:
        self.world.effects.pop(self.random.randrange(MODULES), None)

    def add_step(self) -> None:
        project = self.random.choice(PROJECTS)
        name = self.random.choice("abcdef")
        if f"{project}/{name}" in self.world.steps:
            return
        if self.random.random() < 0.2:
            tables = ["rows", *self._queries_seen_from(project)]
            step = Step(name, project, [self.random.choice(tables)], [], is_query=True)
        else:
            takes = [*self.world.numbers, *self._seen_from(project)]
            uses = list(self.world.items)
            step = Step(
                name,
                project,
                self.random.sample(takes, self.random.randrange(min(3, len(takes) + 1))),
                self.random.sample(uses, self.random.randrange(min(4, len(uses) + 1))),
                style=self.random.choice(STYLES),
            )
        self.world.steps[step.full] = step

    def _seen_from(self, project: str) -> list[str]:
        return [step.name if step.project == project else step.full for step in self.world.steps.values()]

    def _queries_seen_from(self, project: str) -> list[str]:
        found = [step for step in self.world.steps.values() if step.is_query]
        return [step.name if step.project == project else step.full for step in found]

    def remove_step(self) -> None:
        needed = {asset for name in self.world.steps for asset in self.world.upstream(name)}
        spare = [name for name in self.world.steps if name not in needed]
        if spare:
            del self.world.steps[self.random.choice(spare)]

    def change_step(self) -> None:
        step = self.step()
        if step is not None:
            step.number += self.random.randrange(1, 4)

    def reword_step(self) -> None:
        step = self.step()
        if step is not None:
            step.comment, step.title = self.random.choice(["", "five"]), self.random.choice(["", "Six"])
            step.doc = self.random.choice(["", "seven"])

    def change_a_second_column(self) -> None:
        queries = [step for step in self.world.steps.values() if step.is_query]
        if queries:
            self.random.choice(queries).second = self.random.choice([None, 1, 2])

    def use_otherwise(self) -> None:
        step = self.function_step()
        if step is not None:
            uses = list(self.world.items)
            step.uses = self.random.sample(uses, self.random.randrange(min(4, len(uses) + 1)))

    def import_for_a_step_otherwise(self) -> None:
        step = self.function_step()
        if step is not None:
            step.style = self.random.choice(STYLES)

    def take_less(self) -> None:
        step = self.function_step()
        if step is not None and step.takes:
            step.takes.pop()

    def give_a_unit(self) -> None:
        step = self.function_step()
        if step is not None:
            step.unit = self.random.choice(["", "min", "EUR"])

    def give_a_default(self) -> None:
        step = self.function_step()
        if step is not None:
            step.limit = self.random.choice([None, 1, 2])

    def set_the_parameter(self) -> None:
        has_one = any(step.limit is not None for step in self.world.steps.values())
        self.world.parameter = self.random.choice([None, 5, 6]) if has_one else None

    def change_data(self) -> None:
        self.world.numbers[self.random.choice(list(self.world.numbers))] = self.random.choice([0, 1, 2, 10, 100])

    def upgrade_a_package(self) -> None:
        if self.world.packages:
            self.world.packages[self.random.choice(list(self.world.packages))] = self.random.randrange(1, 4)

    def install_or_remove_a_package(self) -> None:
        name = self.random.choice(list(PACKAGES))
        if self.world.packages.pop(name, None) is None:
            self.world.packages[name] = 1

    def lock_what_is_installed(self) -> None:
        names = self.random.sample(list(self.world.packages), len(self.world.packages))
        self.world.locked = {name: self.world.packages[name] for name in names}

    def lock_something_else(self) -> None:
        """What is installed stays what it is, and no longer is what was asked for."""
        self.world.locked = {name: self.random.randrange(1, 4) for name in PACKAGES}

    def lock_no_more(self) -> None:
        self.world.locked = {}

    def change_rows(self) -> None:
        self.world.rows = [self.random.randrange(5) for _ in range(self.random.randrange(1, 4))]

    def break_or_mend(self) -> None:
        step = self.function_step()
        if step is not None:
            step.fails = not step.fails


EDITS: tuple[str, ...] = tuple(
    sorted(name for name in vars(Edits) if not name.startswith("_") and name not in ("item", "step", "function_step"))
)
WORDS_ONLY = (
    "reword_item", "reword_step", "lay_out_otherwise", "remove_unused_item",
    "import_what_nobody_uses", "name_an_owner", "lock_what_is_installed", "lock_something_else", "lock_no_more",
)  # fmt: skip
"""Edits after which nothing at all may run."""


def first_world(random: Random) -> World:
    world = World()
    edits = Edits(world, random)
    for _ in range(10):
        edits.add_item()
    for _ in range(7):
        edits.add_step()
    return world


def edited(world: World, name: str, random: Random) -> World:
    changed = copy.deepcopy(world)
    edit: Callable[[], None] = getattr(Edits(changed, random), name)
    edit()
    if all(step.limit is None for step in changed.steps.values()):
        changed.parameter = None  # a parameter that no step takes is a finding
    return changed
