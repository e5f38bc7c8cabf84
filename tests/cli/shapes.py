"""The answers of the commands as the page on the command line has them."""

from __future__ import annotations

import re

from tests.cli.schema import Map, Shape


def digest(value: object) -> bool:
    """64 hexadecimal digits."""
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def qualified(value: object) -> bool:
    """A name with its project."""
    return isinstance(value, str) and re.fullmatch(r"[^/]+(/[^/]+)+", value) is not None


def instant(value: object) -> bool:
    """A time in UTC."""
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value) is not None


def path(value: object) -> bool:
    """A path in the workspace, relative to its root."""
    return isinstance(value, str) and bool(value) and not value.startswith("/") and "\\" not in value


MARK = {"unpinned", "unstable", "unchecked", "partial", "self-changing"}
SEVERITY = {"error", "warn"}
STEP_KIND = {"function", "sql", "notebook", "script", "command"}
ASSET_KIND = ({"table", "metric", "figure", "model", "document", "app", "file"}, None)
FINDING = {"code": str, "message": str, "where": (str, None), "hint": (str, None)}
RECEIPT: Shape = {
    "place": str,
    "outcome": {"brought", "unchanged", "failed"},
    "files": int,
    "seconds": float,
    "channel": str,
    "number": (int, None),
    "at": instant,
    "message": (str, None),
}
ERROR: Shape = {"schema": {1}, "error": {**FINDING, "findings": [FINDING]}}

INIT: Shape = {"schema": {1}, "workspace": str, "created": [path]}
LIST: Shape = {
    "schema": {1},
    "workspace": str,
    "sources": [{"name": str, "project": (str, None), "kind": str, "where": path}],
    "steps": [
        {
            "name": qualified,
            "project": str,
            "kind": STEP_KIND,
            "file": path,
            "line": int,
            "inputs": [str],
            "assets": [qualified],
            "open": bool,
        }
    ],
    "assets": [
        {"name": qualified, "kind": ASSET_KIND, "step": qualified, "marks": [MARK], "marks_because": Map([str])}
    ],
    "checks": [
        {"name": qualified, "asset": qualified, "severity": SEVERITY, "outcome": {"passed", "broken", "not run"}}
    ],
    "candidates": [{"file": path, "why": str, "line": str}],
    "findings": [FINDING],
}
EDITS: Shape = [{"reason": str, "where": str, "path": [str]}]
REACH: Shape = {
    "steps": [qualified],
    "seconds": float,
    "untimed": int,
    "release": (str, None),
    "published": [{"asset": qualified, "kind": ASSET_KIND[0]}],
}
_STEP_ERROR = (
    None,
    {
        "type": str,
        "message": str,
        "traceback": str,
        "file": (path, None),
        "line": (int, None),
        "hint": (str, None),
    },
)


def _run(outcomes: set[str], check_outcomes: set[str], *, is_plan: bool) -> Shape:
    return {
        "schema": {1},
        "run": (None if is_plan else str),
        "ok": bool,
        "basis": (None if is_plan else digest),
        "snapshot": (None if is_plan else digest),
        "complete": bool,
        "missing": [str],
        "seconds": float,
        "counts": dict.fromkeys(outcomes, int),
        "steps": [
            {
                "name": qualified,
                "file": path,
                "outcome": outcomes,
                "seconds": (None if is_plan else float),
                "reasons": [str],
                "assets": Map(digest, qualified),
                "marks": [MARK],
                "marks_because": Map([str]),
                "error": _STEP_ERROR,
                "edits": EDITS,
            }
        ],
        "checks": [
            {
                "name": qualified,
                "asset": qualified,
                "severity": SEVERITY,
                "outcome": check_outcomes,
                "message": (str, None),
            }
        ],
        "findings": [FINDING],
    }


_PLANNED = {"would-make", "would-restore", "may-make", "kept", "would-skip"}
RUN = _run({"made", "kept", "restored", "failed", "skipped"}, {"passed", "broken", "not run"}, is_plan=False)
PLAN = _run(_PLANNED, _PLANNED, is_plan=True)
_STATES = ("current", "stale", "may be stale", "never made", "failed")
STATUS: Shape = {
    "schema": {1},
    "steps": [
        {
            "name": qualified,
            "state": set(_STATES),
            "reasons": [str],
            "failed": (str, None),
            "edits": EDITS,
            "marks": [MARK],
            "marks_because": Map([str]),
        }
    ],
    "counts": dict.fromkeys(_STATES, int),
    "reach": REACH,
    "findings": [FINDING],
}
REASON = {
    "kind": {"code", "input", "file", "environment", "parameter", "step", "onward", "never made"},
    "what": str,
    "before": (str, None),
    "after": (str, None),
    "where": (str, None),
    "path": [str],
    "diffs": [{"before": (str, None), "after": (str, None), "lines": [str], "left_out": int}],
    "files": [
        {
            "path": path,
            "change": {"changed", "added", "removed"},
            **dict.fromkeys(("bytes_before", "bytes_after", "lines_before", "lines_after", "line"), (int, None)),
        }
    ],
    "values": (None, {"before?": object, "after?": object}),
}
WHY: Shape = {
    "schema": {1},
    "name": qualified,
    "decision": {"run", "keep", "restore", "await", "blocked"},
    "reasons": [REASON],
    "chain": [{"step": qualified, **REASON}],
    "failed": (str, None),
    "marks": [MARK],
    "marks_because": Map([str]),
    "widened": [{"what": str, "why": str, "line": int, "where": str, "hint": str}],
    "compared": (
        None,
        {
            word: [str]
            for word in ("symbols", "code", "sources", "assets", "files", "parameters", "distributions", "prose")
        },
    ),
    "seconds": (float, None),
    "reach": REACH,
}
SHOW: Shape = {
    "schema": {1},
    "name": qualified,
    "kind": ASSET_KIND[0],
    "digest": digest,
    "bytes_digest": digest,
    "fingerprint": digest,
    "marks": [MARK],
    "marks_because": Map([str]),
    "used_by": [qualified],
    "basis": {
        "code": {"commit": (str, None), "dirty": bool},
        "sources": Map(str),
        "environment": {"digest": digest, "python": str, "distributions": Map(str)},
        "parameters": Map((str, int, float, bool, list, dict, None)),
    },
    "made_at": instant,
    "seconds": float,
    "step": qualified,
    "inputs": [str],
    "value?": float,
    "unit?": (str, None),
    "columns?": [{"name": str, "type": str}],
    "rows?": int,
    "bytes": int,
}
GET: Shape = {"schema": {1}, "name": qualified, "out": str}
LOGS: Shape = {
    "schema": {1},
    "step": qualified,
    "run": str,
    "lines": [{"at": float, "stream": {"out", "err"}, "text": str}],
}
_LISTED = {"id": str, "at": instant, "commit": (str, None), "dirty": bool}
SNAPSHOTS: Shape = {"schema": {1}, "snapshots": [{**_LISTED, "id": digest}]}
DOCTOR: Shape = {
    "schema": {1},
    "healthy": {True},
    "checks": [
        {
            "area": {"store", "environment", "workspace", "place", "machine"},
            "name": str,
            "state": {"ok", "note", "damaged", "lacking"},
            "message": str,
            "hint": (str, None),
        }
    ],
}
_DIFF_SIDE = {
    "word": str,
    "snapshot": (digest, None),
    "run": (str, None),
    "commit": (str, None),
    "dirty": bool,
    "complete": bool,
}
DIFF: Shape = {
    "schema": {1},
    "a": (digest, None),
    "b": digest,
    "sides": {"a": _DIFF_SIDE, "b": _DIFF_SIDE},
    "counts": {"changed": int, "equal": int, "added": int, "removed": int},
    "summary": str,
    "equal_because": {"untouched": int, "made again": int, "noise": int, "within tolerance": int},
    "assets": [
        {
            "name": qualified,
            "kind": ASSET_KIND[0],
            "change": {"equal", "changed", "added", "removed"},
            "summary": str,
            "detail": Map(lambda _: True),
            "because": [
                {"axis": {"data", "code", "parameters", "environment"}, "what": str, "words": str, "where": (str, None)}
            ],
            "equal": ({"untouched", "made again", "noise", "within tolerance"}, None),
            "title": (str, None),
            "published": bool,
            "checked": bool,
            "unusual": bool,
            "before": (digest, None),
            "after": (digest, None),
        }
    ],
    "checks": [
        {
            "name": qualified,
            "asset": qualified,
            "severity": SEVERITY,
            "before": (str, None),
            "after": (str, None),
            "rows": (int, None),
            "message": (str, None),
            "summary": str,
            "detail": {
                "before": (str, None),
                "after": (str, None),
                "rows": {"before": (int, None), "after": (int, None)},
                "offending": (Map(lambda _: True), None),
            },
        }
    ],
    "still_broken": [qualified],
}
BISECT: Shape = {
    "schema": {1},
    "name": qualified,
    "unit": (str, None),
    "a": str,
    "b": str,
    "before": (float, None),
    "after": (float, None),
    "step": (
        {
            "from": int,
            "to": int,
            "before": float,
            "after": float,
            "delta": float,
            "commits": [{"commit": str, "subject": str}],
            "summary": str,
            "because": [
                {
                    "axis": {"data", "code", "parameters", "environment"},
                    "what": str,
                    "words": str,
                    "where": (str, None),
                }
            ],
        },
        None,
    ),
    "points": [
        {
            "label": str,
            "commit": (str, None),
            "subject": (str, None),
            "run": (str, None),
            "at": (instant, None),
            "value": (float, None),
            "outcome": {"known", "measured", "not measured", "skipped"},
            "between": bool,
            "problem": (str, None),
        }
    ],
    "counts": {"known": int, "measured": int, "not measured": int, "skipped": int},
    "seconds": float,
}
_LACK = {"axis": {"data", "code", "environment", "outside"}, "what": str, "words": str}
REPRODUCE: Shape = {
    "schema": {1},
    "word": str,
    "ok": bool,
    "run": str,
    "commit": (str, None),
    "snapshot": digest,
    "basis": digest,
    "made": {"snapshot": digest, "basis": digest},
    "counts": {"equal": int, "differs": int, "failed": int, "not had": int},
    "files": {
        "store": int,
        "git": int,
        "tree": int,
        "lost": [{"path": path, "axis": {"code", "data"}, "bytes": int, "words": str}],
    },
    "environment": {"lock": (str, None), "problem": (str, None), "changes": [_LACK]},
    "assets": [
        {
            "name": qualified,
            "kind": ASSET_KIND[0],
            "outcome": {"equal", "differs", "failed", "not had"},
            "summary": str,
            "lacks": [_LACK],
        }
    ],
    "checks": [{"name": qualified, "before": str, "after": (str, None)}],
    "added": [qualified],
    "folder": (str, None),
    "seconds": float,
}
_CONTENTS: Shape = [{"asset": qualified, "content": (digest, None)}]
RELEASES: Shape = {
    "schema": {1},
    "releases": [
        {
            **_LISTED,
            "channel": str,
            "number": int,
            "move": {"release", "rollback", "close"},
            "automatic": bool,
            "until": (instant, None),
            "left": ({"number": int, "snapshot": digest, "since": instant}, None),
            "quarantined": _CONTENTS,
            "lifted": _CONTENTS,
            "approved": [
                {"asset": qualified, "before": (digest, None), "after": (digest, None), "by": str, "how": str}
            ],
        }
    ],
    "quarantined": [
        {
            "channel": str,
            "asset": qualified,
            "content": (digest, None),
            "release": str,
            "at": instant,
            "by": str,
            "note": (str, None),
            "reason": str,
        }
    ],
}
MOVED: Shape = {
    "schema": {1},
    "channel": str,
    "number": int,
    "snapshot": digest,
    "previous": (int, None),
    "moved": bool,
    "published": [RECEIPT],
    "held": [{"asset": qualified, "reason": str}],
    "quarantined": _CONTENTS,
    "lifted": _CONTENTS,
}
SITE: Shape = {"schema": {1}, "out": str}
GRAPH: Shape = {"schema": {1}}
_REVIEW: dict[str, Shape] = {
    "schema": {1},
    "run": str,
    "review": path,
    "counts": {"made": int, "kept": int, "restored": int, "failed": int, "skipped": int},
    "ok": bool,
    "base": {"word": str, "commit": (str, None), "snapshot": (digest, None)},
    "changes": {"changed": int, "equal": int, "added": int, "removed": int},
    "summary": str,
    "assets": [{"name": qualified, "kind": str, "change": {"changed", "added", "removed"}, "summary": str}],
    "gates": [
        {
            "asset": qualified,
            "why": str,
            "outcome": {"approved", "waiting"},
            "owner": (str, None),
            "before": (digest, None),
            "after": (digest, None),
            "approved": [{"by": str, "how": str}],
        }
    ],
    "not_run": {"projects": int, "unchanged": [str], "restored": [str], "steps": int},
    "failed": [{"step": qualified, "message": str, "where": (str, None)}],
    "findings": [FINDING],
    "notes": [str],
}
REVIEW: Shape = {**_REVIEW, "approvals": [path]}
CI: Shape = {
    **_REVIEW,
    "released": ({"channel": str, "number": int}, None),
    "held": [{"asset": str, "reason": str}],
    "published": [{"place": str, "outcome": str, "files": int, "seconds": float}],
    "build": {
        "service": str,
        "branch": (str, None),
        "commit": (str, None),
        "main": bool,
        "request": (int, None),
        "fork": bool,
        "merged": bool,
    },
    "closed": [str],
    "schedule": ({"asked": [str], "made": [str], "moved": [qualified], "unchecked": [qualified]}, None),
    "comment": (str, None),
    "seconds": float,
}
