"""Where a result comes from: the step's code as it stood, what it read, in what surroundings, and why.

This is what tells a number on a site from a number on a slide, so it stands on every asset's page.
"""

from __future__ import annotations

from onward.base.text import plural
from onward.portal import content, html, shell, words
from onward.portal.index import Place
from onward.portal.listing import listing
from onward.portal.pages.results import parameter_table

_LONG_CODE = 60  # lines; longer listings are folded


def section(place: Place, asset: content.Asset) -> html.Markup | None:
    """*Where it comes from*, and what uses it; None where nothing is known of either."""
    provenance = asset.provenance
    if provenance is None:
        return _used_by_alone(place, asset)
    return shell.block(
        "Where it comes from",
        html.p(_made_by(provenance), _content(asset), class_="dek"),
        html.div(
            _reasons(provenance),
            _inputs(place, provenance),
            _used_by(place, asset),
            class_="lineage",
        ),
        _code(provenance),
        _parameters(provenance),
        _cost(provenance),
        _environment(provenance.environment) if provenance.environment is not None else None,
        anchor="provenance",
    )


def _made_by(provenance: content.Provenance) -> html.Child:
    is_counted = provenance.line and provenance.step_kind != "notebook"
    where = f"{provenance.path}:{provenance.line}" if is_counted else provenance.path
    return [
        "Made by the step ",
        html.strong(provenance.step),
        f" ({provenance.step_kind}) in ",
        html.code(where),
        html.text(" at commit ", words.short(provenance.commit)) if provenance.commit else None,
        ".",
    ]


def _content(asset: content.Asset) -> html.Child:
    """What two equal results share, wherever they were made."""
    return [" The digest of its content is ", words.short(asset.content, 8), "."] if asset.content else None


def _reasons(provenance: content.Provenance) -> html.Markup | None:
    if not provenance.reasons:
        return None
    return html.div(
        html.h3("Why it was made"),
        html.ul([html.li(words.reason(reason), _edit(provenance.edits.get(reason))) for reason in provenance.reasons]),
    )


def _edit(edit: content.Edit | None) -> html.Markup | None:
    """Where the edit behind a reason is, and through which names the step comes to it."""
    if edit is None:
        return None
    way = [html.text(" → " if number else " through ", html.code(name)) for number, name in enumerate(edit.path)]
    return html.text(" in ", html.code(edit.where), way if len(edit.path) > 1 else None)


def _inputs(place: Place, provenance: content.Provenance) -> html.Markup:
    if not provenance.inputs:
        return html.div(html.h3("What it reads"), html.p("Nothing but its own code."))
    return html.div(
        html.h3("What it reads"),
        html.ul(
            [
                html.li(
                    place.asset_link(read.name, said=read.name),
                    " ",
                    html.small(read.kind, html.text(", ", words.short(read.version)) if read.version else None),
                )
                for read in provenance.inputs
            ]
        ),
    )


def _used_by(place: Place, asset: content.Asset) -> html.Markup:
    if not asset.used_by:
        return html.div(html.h3("What uses it"), html.p("Nothing in the workspace."))
    return html.div(
        html.h3("What uses it"),
        html.ul([html.li(place.asset_link(name, said=name)) for name in asset.used_by]),
    )


def _used_by_alone(place: Place, asset: content.Asset) -> html.Markup | None:
    if not asset.used_by:
        return None
    return shell.block("Where it goes", html.div(_used_by(place, asset), class_="lineage"), anchor="provenance")


def _code(provenance: content.Provenance) -> html.Child:
    if not provenance.code:
        return _cells(provenance)
    step, *reached = provenance.code
    own = listing(step)
    if step.text.count("\n") > _LONG_CODE:
        own = html.details(html.summary(f"{plural(step.text.count(chr(10)) + 1, 'line')} of {step.path}"), own)
    return [
        html.h3("Code"),
        html.div(html.p(_place_of(step), class_="file-name"), own, class_="code"),
        html.details(
            html.summary(f"What it calls: {plural(len(reached), 'symbol')} of the workspace"),
            [
                html.div(html.p(_place_of(excerpt), class_="file-name"), listing(excerpt), class_="code")
                for excerpt in reached
            ],
        )
        if reached
        else None,
    ]


def _cells(provenance: content.Provenance) -> html.Child:
    """Where the code of a notebook is: its page has it, folded."""
    if provenance.step_kind != "notebook":
        return None
    return [html.h3("Code"), html.p("The cells of the notebook: its document shows them, and is there to download.")]


def _place_of(excerpt: content.Excerpt) -> html.Child:
    return [
        html.code(f"{excerpt.path}:{excerpt.line}"),
        html.text(" ", html.strong(excerpt.symbol)) if excerpt.symbol else None,
    ]


def _parameters(provenance: content.Provenance) -> html.Child:
    if not provenance.parameters:
        return None
    return [html.h3("Parameters"), parameter_table(provenance.parameters)]


def _cost(provenance: content.Provenance) -> html.Child:
    pairs: list[tuple[str, html.Child]] = []
    if provenance.seconds is not None:
        pairs.append(("Took", words.duration(provenance.seconds)))
    if provenance.cpu_seconds is not None:
        pairs.append(("Processor time", words.duration(provenance.cpu_seconds)))
    if provenance.peak_memory is not None:
        pairs.append(("Memory at most", words.size(provenance.peak_memory)))
    return [html.h3("What it took"), shell.facts(pairs)] if pairs else None


def _environment(environment: content.Environment) -> html.Child:
    said = f"Python {environment.python}"
    if environment.platform:
        said += f" on {environment.platform}"
    if not environment.distributions:
        return [html.h3("Environment"), html.p(said)]
    return [
        html.h3("Environment"),
        html.details(
            html.summary(f"{said}, {plural(len(environment.distributions), 'distribution')}"),
            html.ul(
                [html.li(name, " ", html.code(version)) for name, version in environment.distributions],
                class_="columns",
            ),
        ),
    ]
