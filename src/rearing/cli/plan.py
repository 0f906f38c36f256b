"""`rearing plan`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rearing.cli.app import AsJson, Out, StudyFile, emit

if TYPE_CHECKING:
    from rearing.corpus.load import Corpus
    from rearing.study.schema import Study

GATE = ("assay", "measure", "delta", "note")  # what is told of one


def plan(study: StudyFile, out: Out = None, json: AsJson = False) -> None:
    """Say what a study will cost before you spend it: jobs, tokens, time, memory, disk, and what it could find.

    A study that is sealed in its run folder is planned with the seeds and items of its seal.
    """
    from rearing.corpus.lint import load_told
    from rearing.store.artifacts import Store
    from rearing.study.execute import worker_count
    from rearing.study.forecast import forecast, parameters, power_lines
    from rearing.study.planning import build_plan, jobs_of, load_assay
    from rearing.study.schema import load_study
    from rearing.study.spent import spent

    loaded = load_study(study)
    root = out or Path("runs") / loaded.name
    corpus, assay = load_told(loaded.corpus_folder), load_assay(loaded)
    loaded, drawn = _drawn(loaded, corpus, assay, root / "evidence")
    jobs, workers = jobs_of(loaded), worker_count()
    cost = forecast(loaded, jobs, corpus, workers)
    planned = build_plan(loaded, corpus, cost.tokens, assay)
    power = power_lines(loaded, corpus)
    finished = spent(jobs, corpus, Store(root / "store"), cost)
    record = {
        "study": loaded.name,
        "jobs": len(jobs),
        "runs": sum(job.trained for job in jobs),
        "tokens_per_run": cost.tokens,
        "tokens": sum(w["train"].trained for w in cost.work.values() if "train" in w),
        "workers": workers,
        "wall_seconds": cost.wall(workers),
        "readings_to_training": cost.readings,
        "memory_bytes": cost.memory,
        "disk_bytes": cost.disk,
        "finished": [asdict(s) for s in finished],
        "gates": [{"gate": g.id} | {k: getattr(g, k) for k in GATE} for g in planned.gates],
        "clauses": [{"clause": g.id} | {k: getattr(g, k) for k in GATE} for g in planned.clauses],
        "attack": _attack(loaded, corpus),
        "smallest_effect": power,
        "seeds": list(planned.seeds),
        "seal": planned.seal,
    }
    if json:
        emit(record)
        return
    print(f"{loaded.name}: {planned.scope}")
    _print_cost(loaded, record, drawn)
    for stage in finished:
        print(f"  so far   {stage.line}")
    for gate in planned.gates:
        state = f"assay {gate.assay} ({gate.note}), measure {gate.measure}, margin {gate.delta:.3f}"
        print(f"  gate     {gate.id}: {state}, finds differences from about {power[gate.id]:.2f} on")
    for clause in planned.clauses:
        print(f"  clause   {clause.id}: assay {clause.assay} ({clause.note}), least effect {clause.delta:g}")
    if parameters(loaded.base) is None:
        print(f"  size     of {loaded.base} is unknown here: time, memory and disk are those of smollm2-135m")
    if loaded.seeds < 5:
        print("  power    under five seeds: intervals are printed, no leaning")


def _attack(study: "Study", corpus: "Corpus") -> dict[str, Any] | None:
    """What is done to the first seeds, and whether its learning rate was searched for it; None if nothing is."""
    from rearing.study.attack_record import searched

    if not study.attack.seeds:
        return None
    table = study.attack
    return {"names": table.names, "doses": table.doses, "lr": table.lr} | asdict(searched(study, corpus))


def _print_cost(study: "Study", record: dict[str, Any], drawn: str) -> None:
    tokens, workers = record["tokens_per_run"], record["workers"]
    others = f"{len(study.checkpoints)} checkpoints and " if study.checkpoints else ""
    made = f"{record['runs']} runs of {len(study.arms)} arms, and {others}the base"
    print(f"  jobs     {record['jobs']} ({made}), {workers} at once")
    print(f"  seeds    {', '.join(map(str, record['seeds']))} ({drawn})")
    print(f"  tokens   {tokens:,} a run, {record['tokens']:,} in all")
    print(f"  time     about {record['wall_seconds'] / 60:.0f} min on {workers} cores like those of docs/lab-log.md")
    if (times := record["readings_to_training"]) is not None:
        print(f"  readings {times:.1f} times the seconds that training the same model takes (goal: 3 at most)")
    print(f"  memory   about {record['memory_bytes'] / 2**30:.1f} GiB")
    print(f"  disk     about {record['disk_bytes'] / 2**30:.1f} GiB at most")
    if attack := record["attack"]:
        told, doses = ", ".join(attack["names"]), ", ".join(map(str, attack["doses"]))
        mend = "" if attack["fits"] else f"; before it is sealed, {attack['mend']}"
        print(f"  attack   {told}, doses {doses}, lr {attack['lr']:g}: {attack['note']}{mend}")


def _drawn(study: "Study", corpus: "Corpus", assay: dict[str, Any], evidence: Path) -> "tuple[Study, str]":
    """The study with the seeds of its seal, if it has one that fits; and who drew them."""
    from rearing.errors import StudyError
    from rearing.study.sealing import under_seal

    try:
        study = under_seal(study, corpus, assay, evidence)
    except StudyError as err:
        return study, f"by the name of the study and by no seal: {err.problem}"
    by_name = "by the name of the study; a seal will draw others"
    return study, f"by the seal {study.sealed.seal[:12]}" if study.sealed else by_name
