"""The page in a real browser, from a file, where Chromium is installed."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.report.evidence import write_evidence
from tests.report.judged import verdict
from tests.report.test_beside import SECTIONS, full, plant, planted
from tests.report.test_outlook import drifts, simulated
from tests.report.test_readings import FS, P, effect

from rearing.records.verdict import GateRow
from rearing.report import write_comparison, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install -y chromium)")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--v=0",
)  # fmt: skip

# Presses what a reader would press and leaves what it saw in the page's title.
DRIVE = """
const seen = [];
const shown = () => [...document.querySelectorAll("main > section")]
  .filter(s => getComputedStyle(s).display !== "none").map(s => s.id).join(" ");
const press = name => document.querySelector(`button[data-lens=${name}]`).click();
seen.push(shown());
press("everyone"); seen.push(shown());
press("redteams"); seen.push(shown());
press("redteams"); seen.push(shown());
const name = document.querySelector("#family-normal tr.open").previousElementSibling.querySelector("button");
name.click();
seen.push(document.querySelector("#family-normal tr.open").getBoundingClientRect().height > 50);
const filter = document.getElementById("filter");
filter.value = "lesson-02"; filter.dispatchEvent(new Event("input"));
seen.push([...document.querySelectorAll("#family-normal tbody")].filter(b => !b.hidden).length);
const choice = document.getElementById("lesson-choice");
choice.selectedIndex = 1; choice.dispatchEvent(new Event("change"));
seen.push([...document.querySelectorAll("details.lesson")].filter(d => d.open && !d.hidden).map(d => d.id).join(" "));
press("everyone");
document.querySelector('#trap a[href="#family-shift"]').click();
setTimeout(() => {
  const down = document.getElementById("family-shift");
  seen.push(down.open && !down.closest("section").hidden);
  document.querySelector('#family-normal a[href="#lesson-2"]').click();
  setTimeout(() => {
    const told = document.getElementById("lesson-2");
    seen.push(told.open && !told.hidden && told.querySelectorAll("article").length);
    const pressed = [...document.querySelectorAll("a[href], button, summary, select, input, .scroll")];
    seen.push(pressed.filter(e => e.tabIndex < 0).length);
    dispatchEvent(new Event("beforeprint"));
    const figures = [...document.querySelectorAll("#trap details, #power details")];
    seen.push(figures.length > 0 && figures.every(d => d.open));
    dispatchEvent(new Event("afterprint"));
    seen.push(figures.some(d => d.open));
    seen.push(document.documentElement.scrollWidth <= innerWidth);
    seen.push(getComputedStyle(document.body).backgroundColor);
    document.title = seen.join("|");
  }, 0);
}, 0);
"""
# The same of the lenses alone: what each shows, and whether the page with everything fits.
LENSES = """
const shown = () => [...document.querySelectorAll("main > section")]
  .filter(s => getComputedStyle(s).display !== "none").map(s => s.id).join(" ");
const seen = [shown(), document.documentElement.scrollWidth <= innerWidth];
for (const name of ["everyone", "engineers", "philosophers", "redteams"]) {
  document.querySelector(`button[data-lens=${name}]`).click(); seen.push(shown());
}
document.title = seen.join("|");
"""


def dom(page: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """The DOM of the page after its scripts and their timers ran, and what the browser logged."""
    return browse(page, profile, "--dump-dom", "--virtual-time-budget=5000", *flags)


def browse(page: Path, profile: Path, *flags: str) -> tuple[str, str]:
    """What the browser said and what it logged."""
    assert CHROMIUM
    command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={profile}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


def driven(page: Path, script: str, folder: Path, width: int, *flags: str) -> list[str]:
    """What a script saw that ran after the page's own."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = page.read_text(encoding="utf-8").replace("script-src '", f"script-src 'sha256-{digest}' '", 1)
    copy = folder / "driven.html"
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    found, log = dom(copy, folder / "profile", f"--window-size={width},900", *flags)
    assert "CONSOLE" not in log
    title = re.search(r"<title>(.*?)</title>", found)
    assert title
    return title[1].split("|")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_evidence(tmp_path_factory.mktemp("browser") / "evidence", scenarios=6, lessons=4)
    curve = simulated((0.0, 0.9, 0.0), (1.0, 0.1, 0.3), (2.0, 0.0, 0.9))
    read = tuple(effect(name, other) for name in ("decode", "decode-null", "stable/drift") for other in (FS, P))
    return write_report(folder, replace(verdict(), readings=read), folder.parent / "report.html", curve)


def test_the_page_opens_from_disk_without_a_console_message_or_a_request(page: Path, tmp_path: Path) -> None:
    log_file = tmp_path / "net.json"
    found, log = dom(page, tmp_path / "profile", f"--log-net-log={log_file}")
    assert "CONSOLE" not in log
    assert "All 14 sections are shown." in found, "the page's own script ran under its policy"
    assert re.search(r"<title>INCONCLUSIVE", found), "no script of a scenario ran"
    assert requests(log_file, page) == set()


def test_a_request_would_have_been_seen(tmp_path: Path) -> None:
    page, log_file, asked = tmp_path / "asks.html", tmp_path / "net.json", "http://127.0.0.1:9/x.png"
    page.write_text(f'<img src="{asked}">', encoding="utf-8")
    dom(page, tmp_path / "profile", f"--log-net-log={log_file}")
    assert requests(log_file, page) == {asked}


def requests(log_file: Path, page: Path) -> set[str]:
    """What was asked for on behalf of a page, not by the browser for itself; the page itself is not counted."""
    log = json.loads(log_file.read_text(encoding="utf-8"))
    started = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked = [e["params"] for e in log["events"] if e["type"] == started and "url" in e.get("params", {})]
    return {a["url"] for a in asked if a.get("initiator", "not an origin") != "not an origin"} - {page.as_uri()}


@pytest.mark.parametrize(
    ("width", "scheme", "paper"), [(1200, 1, "rgb(251, 250, 247)"), (500, 0, "rgb(22, 24, 28)")], ids=["light", "dark"]
)
def test_lenses_drill_down_filter_and_lessons_work(
    page: Path, tmp_path: Path, width: int, scheme: int, paper: str
) -> None:
    everything, everyone, redteams, again, opened, filtered, lesson, *rest = driven(
        page, DRIVE, tmp_path, width, f"--blink-settings=preferredColorScheme={scheme}"
    )
    assert everything.split() == again.split()
    assert len(everything.split()) == 14
    assert everyone.split() == ["verdict", "trap", "gates", "power", "profile", "arms", "change", "rejudge"]
    assert redteams.split() == [
        "verdict", "trap", "forest", "gates", "power", "profile", "readings", "items", "checks", "change", "rejudge"
    ]  # fmt: skip
    assert (opened, filtered, lesson) == ("true", "1", "lesson-1")
    down, documents, unreachable, unfolded, still_open, fits, ground = rest
    assert (down, documents) == ("true", "3"), "from the figure to scenarios, from a scenario to a document an arm"
    assert unreachable == "0", "the keyboard comes to everything that can be pressed"
    assert (unfolded, still_open) == ("true", "false")
    assert (fits, ground) == ("true", paper)


def test_the_state_of_every_gate_is_seen_without_scrolling(tmp_path: Path) -> None:
    """A seal has 64 characters and no place to break."""
    sealed = GateRow(row="seal:post_unblinding_change", text="sealed before the data", value="f" * 64, state="ok")
    folder = write_evidence(tmp_path / "evidence", scenarios=2, lessons=3)
    page = write_report(folder, replace(verdict(), panel=(*verdict().panel, sealed)), tmp_path / "report.html")
    states = (
        '[...document.querySelectorAll("#gates table")].map(t => t.parentNode.scrollWidth - t.parentNode.clientWidth)'
    )
    assert driven(page, f'document.title = {states}.join("|");', tmp_path, 900) == ["0"]


def test_two_studies_open_side_by_side(tmp_path: Path) -> None:
    both = [write_evidence(tmp_path / name, scenarios=4, lessons=3) for name in ("one", "other")]
    page = write_comparison((both[0], verdict()), (both[1], full()), tmp_path / "both.html")
    found, log = dom(page, tmp_path / "profile", "--window-size=500,900")
    assert "CONSOLE" not in log and found.count("<svg") > 20


def test_the_page_prints(page: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.pdf"
    browse(page, tmp_path / "profile", f"--print-to-pdf={target}", "--no-pdf-header-footer")
    paper = target.read_bytes()
    assert paper.startswith(b"%PDF-") and len(re.findall(rb"/Type\s*/Page\b", paper)) >= 5


def test_lenses_show_the_sections_beside_the_gates(tmp_path: Path) -> None:
    folder = plant(write_evidence(tmp_path / "evidence", scenarios=6, lessons=4), planted())
    page = write_report(folder, replace(full(), drift=drifts()), tmp_path / "report.html")
    everything, fits, *lenses = driven(page, LENSES, tmp_path, 500)
    assert len(everything.split()) == 20 and fits == "true"
    beside = [[name for name in (*SECTIONS, "drift") if name in shown.split()] for shown in lenses]
    assert beside == [
        ["sensitivity", "survival"],
        ["attribution", "sensitivity", "damage", "examinations", "drift"],
        ["attribution", "survival", "examinations", "drift"],
        ["sensitivity", "survival", "damage", "examinations", "drift"],
    ]
