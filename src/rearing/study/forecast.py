"""What a study will cost before you spend it: tokens, time, memory, disk."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from scipy.special import stdtrit

from rearing.arms.curriculum import arm
from rearing.corpus.load import Corpus
from rearing.errors import ModelError
from rearing.models.identity import EMBEDDED, TINY
from rearing.study.curricula import seed_curricula, study_count
from rearing.study.items import study_halves, study_vignettes
from rearing.study.job import Job
from rearing.study.schema import Study
from rearing.study.seeds import training_seeds
from rearing.study.work import Counts, Work

# Tokens per second of one thread of the reference machine (avx512_bf16, 97 GFLOP/s in fp32) on the embedded
# model, in the quick study of 2026-11-29; training in fp32 has .56 of bf16's: docs/lab-log.md. Hosts differ by half.
TRAIN_TOKENS_PER_SECOND = {"bf16": 147.0, "fp32": 83.0}
SCORE_TOKENS_PER_SECOND = {"bf16": 1150.0, "fp32": 372.0}
OPEN_SECONDS = 7.0
REFERENCE_PARAMETERS = 134_515_008
# Bytes a parameter: bf16 weights and gradients, fp32 masters, gradients and two moments.
TRAIN_BYTES, WEIGHTS_BYTES = 20, 4
PROCESS_BYTES = 1.5e9  # two workers and their parent held 7.8 GiB: docs/lab-log.md
# Spread of a difference of arms over seeds and over scenarios, assumed until an A/A study has measured it
# (verdict.md section 2: 2-3 points over seeds; a scenario's score is a mean of about ten binary items).
SEED_SD, ITEM_SD = 0.03, 0.30


@dataclass(frozen=True, slots=True)
class Forecast:
    """Forecast of a study.

    Attributes:
        tokens: Training tokens of one run.
        work: By job and stage, what is computed.
        seconds: By job and stage, on one core.
        memory, disk: Peak bytes, over all workers.
    """

    tokens: int
    work: dict[str, dict[str, Work]]
    seconds: dict[str, dict[str, float]]
    memory: float
    disk: float

    def wall(self, workers: int) -> float:
        """Seconds on this many cores."""
        return sum(sum(s.values()) for s in self.seconds.values()) / max(1, min(workers, len(self.seconds)))

    @property
    def readings(self) -> float | None:
        """Seconds of the readings of a reared model over those of its training, the median; None if none is reared.

        At most 3 is the goal (internalization.md section 4). Readings after an attack are part of the attack.
        """
        reared = [stages for stages in self.seconds.values() if "train" in stages]
        return median(s["read"] / s["train"] for s in reared) if reared else None


def parameters(base: str) -> int | None:
    """Number of parameters of a base without opening it; None for a hub id, which cannot be asked.

    Raises:
        ModelError: A file of a folder is no safetensors file.
    """
    if base in (EMBEDDED, TINY):
        return {EMBEDDED: REFERENCE_PARAMETERS, TINY: 1_600_000}[base]
    files = list(Path(base).glob("*.safetensors"))
    return sum(map(_tensor_elements, files)) if files else None


def _tensor_elements(path: Path) -> int:
    """Elements of all tensors of a safetensors file, from its header.

    Raises:
        ModelError: It has none, as a pointer of Git LFS or the beginning of a download.
    """
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if size > path.stat().st_size:
                raise ValueError("a header longer than the file")
            header = json.loads(file.read(size))
        return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise ModelError("is no safetensors file", "fetch it again, with `git lfs pull` from a clone", path) from err


def run_tokens(study: Study, corpus: Corpus) -> int:
    """Training tokens of one run on the first seed at dose 1, of the arm that has most."""
    count = study_count(study)
    built = seed_curricula(study, corpus, training_seeds(study)[0])
    return max(sum(count(d.text) + 1 for d in c.documents) for name, c in built.items() if arm(name).dose == 1)


def forecast(study: Study, jobs: list[Job], corpus: Corpus, workers: int) -> Forecast:
    """Count what will be trained and asked, and divide by measured speeds."""
    counts = Counts(study, corpus, training_seeds(study)[0])  # on which every arm is trained
    work = {job.id: counts.of(job) for job in jobs}
    sizes = {job.id: parameters(str(job.checkpoint or study.base)) or REFERENCE_PARAMETERS for job in jobs}

    def cost(job: Job, done: Work) -> float:
        per_token = (
            done.trained / TRAIN_TOKENS_PER_SECOND[study.recipe.dtype]
            + done.scored / SCORE_TOKENS_PER_SECOND[study.examine.dtype]
            + done.exact / SCORE_TOKENS_PER_SECOND["fp32"]
        )
        return per_token * sizes[job.id] / REFERENCE_PARAMETERS + done.opened * OPEN_SECONDS

    seconds = {job.id: {stage: cost(job, done) for stage, done in work[job.id].items()} for job in jobs}
    size = max(sizes.values())
    kept = len(jobs) if study.keep == "final" else min(workers, len(jobs))
    return Forecast(
        run_tokens(study, corpus),
        work,
        seconds,
        min(workers, len(jobs)) * (size * TRAIN_BYTES + PROCESS_BYTES),
        size * WEIGHTS_BYTES * kept + 3 * size * WEIGHTS_BYTES * min(workers, len(jobs)) + 5e6,
    )


def smallest_effect(seeds: int, scenarios: int, seed_sd: float, item_sd: float) -> float:
    """Difference of scores that a study of this size finds with 80 % power at one-sided 2.5 %.

    (t_{.975} + t_{.80}) * se with se^2 = 2 seed_sd^2 / seeds + item_sd^2 / scenarios, df = 2 (seeds - 1)
    (normal-theory power; verdict.md section 3 has the estimator).
    """
    df = max(1, 2 * (seeds - 1))
    se = float(np.sqrt(2 * seed_sd**2 / seeds + item_sd**2 / scenarios))
    return float((stdtrit(df, 0.975) + stdtrit(df, 0.8)) * se)


def power_lines(study: Study, corpus: Corpus) -> dict[str, float]:
    """By gate, the smallest difference that this study would find with 80 % power, at assumed spreads."""
    one, two = map(len, study_halves(study, corpus))
    sizes = {"format-neutral": one, "agentic": two, "representational": len(study_vignettes(study, corpus))}
    return {gate: smallest_effect(study.seeds, n, SEED_SD, ITEM_SD) for gate, n in sizes.items()}
