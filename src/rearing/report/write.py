"""One self-contained HTML page from an evidence folder and its verdict."""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from rearing import __version__
from rearing.records.verdict import Power, Verdict
from rearing.report import (
    arms,
    attribution,
    charts,
    comparison,
    curves,
    damage,
    doses,
    drift,
    effects,
    examinations,
    measures,
    power,
    profile,
    readings,
    scores,
    sensitivity,
    survival,
)
from rearing.report.evidence import Evidence, open_evidence, title
from rearing.store.artifacts import write_atomic

# Characters of text that the page holds before it says what it left out; with the mark-up this stays below 4 MB.
LESSON_ROOM = 900_000
ITEM_ROOM = 1_500_000

LENSES = (
    ("everyone", "Everyone", "What was asked, what came out, and what would change it."),
    ("engineers", "Engineers", "Are the arms matched, was the order delivered, do the numbers hold?"),
    (
        "philosophers",
        "Philosophers",
        "What the models read, what they were asked, and what \u201cinternalized\u201d may mean here.",
    ),
    (
        "redteams",
        "Red teams",
        "Where behaviour gives way: shift, agency, adversarial fine-tuning, and the checks to attack.",
    ),
)


def write_report(evidence: Path, verdict: Verdict, target: Path, simulated: Power | None = None) -> Path:
    """Write the report of an evidence folder; the same input gives the same bytes.

    Args:
        evidence: Folder with the tables, `plan.json`, `checks.json`, `audit.json`, `manifest.json`; maybe an assay.
        verdict: What the judge said of it.
        target: The HTML file to write.
        simulated: What studies of this size could find; without it the page has no power curve.

    Returns:
        The path of the file.

    Raises:
        EvidenceError: A file of the folder cannot be read.
        StoreError: The target cannot be written.
    """
    content = _content(open_evidence(evidence), verdict, simulated)
    return _write("page.html", content, target)


def write_comparison(one: tuple[Path, Verdict], other: tuple[Path, Verdict], target: Path) -> Path:
    """Write the page that sets two studies side by side; the same input gives the same bytes.

    Args:
        one: Evidence folder and what the judge said of it.
        other: The same of the study that it is held against.
        target: The HTML file to write.

    Returns:
        The path of the file.

    Raises:
        EvidenceError: A file of a folder cannot be read.
        StoreError: The target cannot be written.
    """
    studies = [comparison.Study(open_evidence(folder).plan, verdict) for folder, verdict in (one, other)]
    content = {"both": comparison.comparison(*studies), "style": Markup(_asset("style.css")), "version": __version__}
    return _write("comparison.html", content, target)


def _write(template: str, content: dict[str, Any], target: Path) -> Path:
    write_atomic(target, _environment().get_template(template).render(content).encode())
    return target


def _content(evidence: Evidence, verdict: Verdict, simulated: Power | None) -> dict[str, Any]:
    plan = evidence.plan
    known = arms.looks(plan)
    figure = scores.trap(plan, verdict, known)
    told = arms.lessons(evidence, LESSON_ROOM)
    audited, audit = arms.audit_lines(evidence)
    losses = arms.loss_lines(evidence, known)
    views = scores.families(evidence, known, ITEM_ROOM)
    examined = examinations.examinations(evidence, known)
    trap = (figure.stops, figure.attacked, figure.lines)
    style, script = _asset("style.css"), _asset("page.js")
    return {
        "plan": plan,
        "verdict": verdict,
        "evidence": evidence,
        "lenses": LENSES,
        "known": known,
        "style": Markup(style),
        "script": Markup(script),
        "script_hash": _source_hash(script),
        "silent": [gate for gate in plan.gates if gate.assay != "PASS"],
        "panel_held": [row for row in verdict.panel if row.row.startswith("audit:") and row.state == "ok"],
        "on_main": [gate.id for gate in plan.gates if gate.measure == "main"],
        "trap": figure,
        "trap_wide": charts.trap(*trap, 760, 430),
        "trap_narrow": charts.trap(*trap, 380, 430),
        "forest": effects.forest(plan, verdict),
        "changes": effects.changes(plan, verdict),
        "doses": doses.doses(plan, verdict),
        "measures": measures.measures(plan, verdict, known),
        "lessons": told,
        "audited": audited,
        "audit": audit,
        "feedings": arms.feedings(evidence, known),
        "stages": _stages(evidence),
        "losses": losses,
        "loss_wide": curves.loss(losses, 760, 260),
        "loss_narrow": curves.loss(losses, 380, 240),
        "attribution": attribution.attribution(plan, verdict),
        "sensitivity": sensitivity.sensitivity(verdict),
        "survival": survival.survival(verdict, known),
        "damage": damage.damage(verdict),
        "drift": drift.drift(verdict, known),
        "leads": drift.leads(verdict, known),
        "power": power.outlook(plan, verdict, simulated),
        "profile": profile.profile(plan, verdict, known, examined, evidence.organisms),
        "readings": readings.readings(plan, verdict, evidence.readings["reading"].to_list()),
        "examinations": examined,
        "families": views,
        "drill": scores.anchors(plan, views),
        "lesson_anchors": told.anchors(),
        "provenance": _provenance(evidence.manifest),
        "version": __version__,
    }


def _stages(evidence: Evidence) -> list[int]:
    return sorted(set(evidence.fed["stage"].to_list()))


def _provenance(manifest: dict[str, Any], place: str = "") -> list[tuple[str, str]]:
    """The manifest as lines of (key path, value)."""
    lines = []
    for name, value in sorted(manifest.items()):
        path = f"{place} \u203a {name}" if place else name
        if isinstance(value, dict):
            lines += _provenance(value, path)
        else:
            lines.append((path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return lines


def _source_hash(script: str) -> str:
    """The hash by which the page's own policy lets exactly this script run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (files("rearing.report") / "page" / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"signed": charts.signed, "score": charts.score, "heat": _heat, "family": title}
    return environment


def _heat(value: float | None) -> str:
    """The class of a score's colour: h0 (never right) to h10 (always right)."""
    return "h" if value is None or value != value else f"h{round(min(1.0, max(0.0, value)) * 10)}"
