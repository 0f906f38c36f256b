"""`rearing plan`."""

from dataclasses import asdict
from pathlib import Path

from rearing.cli.app import AsJson, Out, StudyFile, emit


def plan(study: StudyFile, out: Out = None, json: AsJson = False) -> None:
    """Say what a study will cost before you spend it: jobs, tokens, time, memory, disk, and what it could find.

    A study that is sealed in its run folder is planned with the seeds and items of its seal.
    """
    from rearing.corpus.load import load_corpus
    from rearing.errors import StudyError
    from rearing.store.artifacts import Store
    from rearing.study.execute import worker_count
    from rearing.study.forecast import forecast, parameters, power_lines
    from rearing.study.planning import build_plan, jobs_of, load_assay
    from rearing.study.schema import load_study
    from rearing.study.sealing import under_seal
    from rearing.study.spent import spent

    loaded = load_study(study)
    corpus, assay = load_corpus(loaded.corpus_folder), load_assay(loaded)
    root, drawn = out or Path("runs") / loaded.name, "by the name of the study; a seal will draw others"
    try:
        loaded = under_seal(loaded, corpus, assay, root / "evidence")
        drawn = f"by the seal {loaded.sealed.seal[:12]}" if loaded.sealed else drawn
    except StudyError as err:
        drawn = f"by the name of the study and by no seal: {err.problem}"
    jobs, workers = jobs_of(loaded), worker_count()
    cost = forecast(loaded, jobs, corpus, workers)
    planned = build_plan(loaded, corpus, cost.tokens, assay)
    power = power_lines(loaded, corpus)
    finished = spent(jobs, corpus, Store(root / "store"), cost)
    if json:
        emit(
            {
                "study": loaded.name,
                "jobs": len(jobs),
                "tokens_per_run": cost.tokens,
                "workers": workers,
                "wall_seconds": cost.wall(workers),
                "memory_bytes": cost.memory,
                "disk_bytes": cost.disk,
                "finished": [asdict(s) for s in finished],
                "gates": [
                    {"gate": g.id, "assay": g.assay, "measure": g.measure, "delta": g.delta, "note": g.note}
                    for g in planned.gates
                ],
                "smallest_effect": power,
                "seeds": list(planned.seeds),
                "seal": planned.seal,
            }
        )
        return
    print(f"{loaded.name}: {planned.scope}")
    trained = sum(job.trained for job in jobs)
    others = f"{len(loaded.checkpoints)} checkpoints and " if loaded.checkpoints else ""
    made = f"{len(loaded.arms)} arms x {loaded.seeds} seeds, and {others}the base"
    print(f"  jobs     {len(jobs)} ({made}), {workers} at once")
    print(f"  seeds    {', '.join(map(str, planned.seeds))} ({drawn})")
    print(f"  tokens   {cost.tokens:,} a run, {cost.tokens * trained:,} in all")
    print(f"  time     about {cost.wall(workers) / 60:.0f} min on {workers} cores like those of docs/lab-log.md")
    print(f"  memory   about {cost.memory / 2**30:.1f} GiB")
    print(f"  disk     about {cost.disk / 2**30:.1f} GiB at most")
    for stage in finished:
        print(f"  so far   {stage.line}")
    for gate in planned.gates:
        print(
            f"  gate     {gate.id}: assay {gate.assay} ({gate.note}), measure {gate.measure}, margin {gate.delta:.3f}, "
            f"finds differences from about {power[gate.id]:.2f} on"
        )
    if parameters(loaded.base) is None:
        print(f"  size     of {loaded.base} is unknown here: time, memory and disk are those of smollm2-135m")
    if loaded.seeds < 5:
        print("  power    under five seeds: intervals are printed, no leaning")
