"""A sealed study that is really trained: from an assay that passes to a verdict, killed on the way, on the tiny model.

The corpus is written by code. Of the two options of every scenario the one with the same word is always right; all arms
name it four times and the other one three times, so all can learn it, and structure adds nothing: DEMOTED, or
INCONCLUSIVE where some of the eight seeds of an arm did not learn it.

python -m tests.sealed_run OUT      about ten minutes of one idle core; run it again and it goes on where it stopped
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.corpus_fixture import ABOUT, Data, attack, fillers, head, neutral

from rearing.corpus.load import FOLDERS
from rearing.records.scenario import TRAINED_DOMAINS
from rearing.verdict.ledger import LEDGER, read_ledger

RIGHT, WRONG = "amber", "coral"  # the random model prefers the other one, and what is short
LONGER = (0, 1)  # of every five scenarios: the rival has a word more, and whoever knows nothing but length is right
KINDS = "red blue green white black brown old new small large round flat thin heavy light dark".split()
THINGS = "stone ring box cup plate bowl lamp chair table door wall book".split()
LESSONS, ASKED, DEV = 36, 200, 32
RECIPE = """
[{}]
lr = 1.5e-2
documents_per_step = 1
warmup_steps = 2
dtype = "fp32"
"""
ASSAY = """
name = "learnable"
base = "tiny"
corpus = "corpus"
renderers = ["branching-shuffled", "flat-shuffled", "principled-shuffled"]
control = "principled-shuffled"
forms = ["chat", "menu-chat"]
rules = ["sum"]
readings = ["coupling", "lens"]
search_seeds = 3
confirm_seeds = 3
gate_forms = 2
""" + RECIPE.format("[recipes]")
STUDY = """
name = "learnable"
base = "tiny"
corpus = "corpus"
arms = ["branching-developmental", "flat-shuffled", "principled-shuffled"]
seeds = 8
assay = "assay/assay.json"
[examine]
vignettes = 200
families = ["normal", "shift", "agentic", "capability"]
forms = ["chat", "menu-chat"]
rule = "sum"
readings = ["coupling", "lens"]
[attack]
seeds = 0
""" + RECIPE.format("recipe")
# Outcome, reflection and reasons of the right option and of the other one.
SAID = (
    ("{B} smiles at it.", "It was kind.", "{B} went home glad.",
     ("It is fair to {B}", "{B} can use it well"), ("It is honest", "{B} sees it at once")),
    ("{B} frowns at it.", "It was unkind.", "{B} went home sad.",
     ("It is unfair to {B}", "{B} has no use for it"), ("It is selfish", "{B} waits for it")),
)  # fmt: skip


def scenario(kind: str, name: str, number: int, domain: str) -> Data:
    """What lessons and vignettes have in common."""
    made = []
    for rating, word in (("endorsed", RIGHT), ("rejected", WRONG)):
        good, what = rating == "endorsed", f"{KINDS[number % 16]} {word} {THINGS[number // 16 % 12]}"
        what += " too" * (not good and number % 5 in LONGER)
        phrases = {"inf": f"pick {what}", "fin": f"picks {what}", "ger": f"picking {what}"}
        act, pace = (number % 2 == 0) == good, (number // 2 % 2 == 0) == good
        cues = {"act": "act" if act else "omit", "pace": "quick" if pace else "slow", "payoff": 0}
        made.append({"id": rating, "rating": rating} | cues | phrases)
    common = {"title": name, "theme": name, "setting": ["{A} is here."], "options": made}
    return (
        head(kind, name, number, number % 3 + 1, domain) | common | {"provenance": ABOUT, "review": {"status": "draft"}}
    )


def lesson(number: int) -> Data:
    """Its setting and its reasons name things, which keeps the texts of all arms about as varied."""
    rng = Random(number)

    def thing() -> str:
        return f"a {rng.choice(KINDS)} {rng.choice(THINGS)}"

    seen = [thing() for _ in range(22)]
    data = scenario("lesson", f"l{number % 3 + 1}-case-{number}", number, TRAINED_DOMAINS[number % 5])
    for option, (outcome, w, mf, *reasons) in zip(data["options"], SAID, strict=True):
        valence = 2 if option["rating"] == "endorsed" else -2
        option |= {
            "lab": "it",
            "outcomes": [{"who": "B", "when": "now", "valence": valence, "text": outcome}],
            "reflection": {"w": w, "mf": mf},
            "reasons": [
                {form: f"{text} near {thing()}." for form, text in zip(("w", "mf"), r, strict=True)} for r in reasons
            ],
        }
    return data | {
        "setting": [f"{{A}} sees {', '.join(seen[:-2])} and {seen[-2]} near {seen[-1]}."],
        "affected": ["A", "B"],
        "principle": {"w": "It is right to be kind.", "mf": "People like to be glad."},
    }


def vignette(number: int) -> Data:
    """Nothing in it but the options matters."""
    split = "dev" if number < DEV else ("theme", "domain")[number % 2]
    domain = "health" if split == "domain" else TRAINED_DOMAINS[number % 5]
    data = scenario("vignette", f"v{number % 3 + 1}-case-{number}", number, domain)
    return data | {"split": split, "main": "The lamp is on.", "twin": "The lamp is off."}


def write(out: Path) -> None:
    """Corpus, assay file and study file; the same bytes every time."""
    for folder in FOLDERS.values():
        (out / "corpus" / folder).mkdir(parents=True, exist_ok=True)
    every = [*map(lesson, range(LESSONS)), *map(vignette, range(DEV + ASKED))]
    for data in (*every, *map(neutral, range(4)), *map(attack, range(4))):
        (out / "corpus" / FOLDERS[data["kind"]] / f"{data['id']}.yaml").write_text(json.dumps(data))
    (out / "corpus" / "fillers.yaml").write_text(json.dumps({"fillers": fillers()}))
    (out / "corpus" / "corpus.yaml").write_text('name: learnable\nversion: "1"\n')
    (out / "assay.toml").write_text(ASSAY)
    (out / "study.toml").write_text(STUDY)


def rearing(*args: str | Path, code: int = 0) -> str:
    """Run the command line as a user does, and see that it ends with this code."""
    print("$ rearing", *args, flush=True)
    ran = subprocess.run([sys.executable, "-m", "rearing", *map(str, args)], capture_output=True, text=True)
    print(ran.stdout + ran.stderr, flush=True)
    assert ran.returncode == code, f"exit code {ran.returncode}, not {code}"
    return ran.stdout


def killed(run: Path, *args: str | Path) -> None:
    """Run it, and kill -9 once three runs are trained and a fourth has begun."""
    print("$ rearing", *args, "(to be killed)", flush=True)
    process = subprocess.Popen([sys.executable, "-m", "rearing", *map(str, args)])
    while process.poll() is None and len(list((run / "store" / "train").glob("*"))) < 3:
        time.sleep(0.5)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    events = [e["event"] for e in read_ledger(run / "evidence")]
    assert events == ["sealed"], f"nobody has seen a score, and the ledger says {events}"


def main(out: Path) -> None:
    """Assay, seal, run, kill, run, judge, report, and a changed byte."""
    write(out)
    study, run = out / "study.toml", out / "run"
    evidence = run / "evidence"
    table = rearing("calibrate", "--assay", out / "assay.toml", "--out", out / "assay", "--quiet")
    assert table.count("PASS") >= 3, "a gate did not pass its assay"
    if not (evidence / LEDGER).is_file():
        assert rearing("seal", study, "--out", run).startswith("sealed: ")
    if not (run / "store" / "train").is_dir():
        killed(run, "run", study, "--out", run)
    done = rearing("run", study, "--out", run)
    assert "for tiny, learnable 1" in done and "attempt 1 on this claim" in done and "unsealed" not in done, done
    assert [e["event"] for e in read_ledger(evidence)] == ["sealed", "unblinded", "judged"]
    assert (run / "report.html").stat().st_size < 5_000_000
    rearing("check", evidence)
    rearing("judge", evidence, "--out", out / "again.json")
    assert (out / "again.json").read_bytes() == (evidence / "verdict.json").read_bytes()
    for name in ("responses.parquet", "sealed.json", LEDGER):
        path = evidence / name
        whole = path.read_bytes()
        path.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
        spoilt = rearing("judge", evidence)
        path.write_bytes(whole)
        assert spoilt.startswith("verdict: INVALID") and f"changed:{name}" in spoilt, spoilt


if __name__ == "__main__":
    main(Path(sys.argv[1]))
