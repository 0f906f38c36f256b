"""The page in a real browser, from a file, where Chromium is installed."""

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.report.evidence import write_evidence
from tests.report.judged import verdict
from tests.report.test_beside import SECTIONS, full, plant, planted

from rearing.report import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install -y chromium)")

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--enable-logging=stderr", "--v=0", "--dump-dom",
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
seen.push(document.documentElement.scrollWidth <= innerWidth);
document.title = seen.join("|");
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
    """The page's DOM after its scripts ran, and what the browser logged."""
    assert CHROMIUM
    command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={profile}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


def driven(page: Path, script: str, folder: Path, width: int) -> list[str]:
    """What a script saw that ran after the page's own."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = page.read_text(encoding="utf-8").replace("script-src '", f"script-src 'sha256-{digest}' '", 1)
    copy = folder / "driven.html"
    copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    found, log = dom(copy, folder / "profile", f"--window-size={width},900")
    assert "CONSOLE" not in log
    title = re.search(r"<title>(.*?)</title>", found)
    assert title
    return title[1].split("|")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_evidence(tmp_path_factory.mktemp("browser") / "evidence", scenarios=6, lessons=4)
    return write_report(folder, verdict(), folder.parent / "report.html")


def test_the_page_opens_from_disk_without_a_console_message(page: Path, tmp_path: Path) -> None:
    found, log = dom(page, tmp_path / "profile")
    assert "CONSOLE" not in log
    assert "All 11 sections are shown." in found, "the page's own script ran under its policy"
    assert re.search(r"<title>INCONCLUSIVE", found), "no script of a scenario ran"


@pytest.mark.parametrize("width", [1200, 500])
def test_lenses_items_filter_and_lessons_work(page: Path, tmp_path: Path, width: int) -> None:
    everything, everyone, redteams, again, opened, filtered, lesson, fits = driven(page, DRIVE, tmp_path, width)
    assert everything.split() == again.split()
    assert len(everything.split()) == 11
    assert everyone.split() == ["verdict", "trap", "gates", "arms", "change", "rejudge"]
    assert redteams.split() == ["verdict", "trap", "forest", "gates", "items", "checks", "change", "rejudge"]
    assert (opened, filtered, lesson, fits) == ("true", "1", "lesson-1", "true")


def test_lenses_show_the_sections_beside_the_gates(tmp_path: Path) -> None:
    folder = plant(write_evidence(tmp_path / "evidence", scenarios=6, lessons=4), planted())
    page = write_report(folder, full(), tmp_path / "report.html")
    everything, fits, *lenses = driven(page, LENSES, tmp_path, 500)
    assert len(everything.split()) == 16 and fits == "true"
    beside = [[name for name in SECTIONS if name in shown.split()] for shown in lenses]
    assert beside == [
        ["sensitivity", "survival"],
        ["attribution", "sensitivity", "damage", "examinations"],
        ["attribution", "survival", "examinations"],
        ["sensitivity", "survival", "damage", "examinations"],
    ]
