"""Option scoring: `rearing.models.score.likelihoods` against lm-eval's `hf` model, on items of our own corpus.

(a) In fp32 both must give the same log-likelihoods. (b) Items per second in bf16, in interleaved rounds, each on one
thread; then on two cores (ours as two workers of one thread, lm-eval with two threads). An item here is one (prompt,
answer) pair. lm-eval runs with the best of its batch sizes 1, 8, 16.
Usage: `python bench/score.py [--vignettes 20] [--rounds 3]`.
"""

import argparse
import multiprocessing as mp
import os
import statistics
import time
from multiprocessing.connection import Connection
from typing import Any

FORMS = ("chat", "email", "script", "menu-chat")
BATCHES = (1, 8, 16)
LIMIT = 1e-3  # nat
Groups = list[list[tuple[str, str]]]


def bank(n: int) -> tuple[list[Any], Groups]:
    """Items of both situations of `n` vignettes, and their (prompt, answer) pairs, a group a vignette."""
    from rearing.corpus.load import COMMONS, load_corpus
    from rearing.evals.bank import pick, shift_items
    from rearing.models.base import open_model

    lm = open_model("smollm2-135m")
    chosen = pick(load_corpus(COMMONS).vignettes, n)
    items = [i for v in chosen for i in shift_items([v], FORMS, "natural", "exam", lm.chat)]
    groups = [[(p.text, a) for i in items if i.scenario == v.id for p in i.prompts for a in p.answers] for v in chosen]
    return items, groups


def ours(pipe: Connection, groups: Groups) -> None:
    """A worker on one thread; a message is a dtype, the answer log-likelihoods, seconds and CPU seconds."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    from rearing.models.base import open_model
    from rearing.models.score import likelihoods

    torch.set_num_threads(1)
    models: dict[str, Any] = {}
    while (dtype := pipe.recv()) is not None:
        if dtype not in models:
            models[dtype] = open_model("smollm2-135m", dtype)
        began, used = time.perf_counter(), time.process_time()
        scored = likelihoods(models[dtype], groups)
        totals = [x.total for group in scored for x in group]
        pipe.send((totals, time.perf_counter() - began, time.process_time() - used))


def lm_eval(pipe: Connection, threads: int, groups: Groups) -> None:
    """A worker with `HFLM`; a message is (dtype, batch size), the answer as above."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import torch
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from rearing.models.base import cache_folder
    from rearing.models.identity import EMBEDDED, GGUF_SHA256

    torch.set_num_threads(threads)
    folder = str(cache_folder() / f"{EMBEDDED}-{GGUF_SHA256[:12]}")
    requests = [
        Instance("loglikelihood", {}, pair, i) for i, pair in enumerate(pair for group in groups for pair in group)
    ]
    models: dict[str, Any] = {}
    while (message := pipe.recv()) is not None:
        dtype, batch = message
        if dtype not in models:
            models[dtype] = HFLM(pretrained=folder, device="cpu", dtype=dtype)
        model = models[dtype]
        model.batch_size_per_gpu = batch
        began, used = time.perf_counter(), time.process_time()
        scored = model.loglikelihood(requests, disable_tqdm=True)
        pipe.send(([x for x, _ in scored], time.perf_counter() - began, time.process_time() - used))


class Worker:
    """A process that waits; only the ones that are asked work."""

    def __init__(self, target, *args: object) -> None:  # type: ignore[no-untyped-def]
        self.pipe, far = mp.get_context("spawn").Pipe()
        mp.get_context("spawn").Process(target=target, args=(far, *args), daemon=True).start()

    def ask(self, message: object) -> tuple[list[float], float, float]:
        """Log-likelihoods in the order of the groups, seconds, CPU seconds."""
        self.pipe.send(message)
        answer: tuple[list[float], float, float] = self.pipe.recv()
        return answer


def together(workers: list[Worker], message: object) -> float:
    """Seconds until the last of the workers is done."""
    began = time.perf_counter()
    for w in workers:
        w.pipe.send(message)
    for w in workers:
        w.pipe.recv()
    return time.perf_counter() - began


def decisions(items: list[Any], totals: list[float]) -> list[float]:
    """Score of every item by the study's own rule (per byte if open, sum over orders if a menu)."""
    from rearing.evals.ask import response
    from rearing.models.score import Likelihood

    queue, scores = iter(totals), []
    for i in items:
        read = [[Likelihood(next(queue), 1, len(a.encode())) for a in p.answers] for p in i.prompts]
        scores.append(float(response(i, read, "byte")["score"]))
    return scores


def main() -> None:
    """Equal first, then fast."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vignettes", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    items, groups = bank(wanted.vignettes)
    n = sum(map(len, groups))
    print(f"{len(groups)} vignettes, {len(items)} items, {n} (prompt, answer) pairs")
    mine, their, their2 = Worker(ours, groups), Worker(lm_eval, 1, groups), Worker(lm_eval, 2, groups)
    halves = [Worker(ours, groups[i::2]) for i in range(2)]

    full, half, reference = mine.ask("fp32")[0], mine.ask("bf16")[0], their.ask(("float32", 8))[0]
    worst = max(abs(a - b) for a, b in zip(full, reference, strict=True))
    print(f"fp32: largest difference of a log-likelihood {worst:.1e} nat (limit {LIMIT})")
    assert worst <= LIMIT
    same = [a == b for a, b in zip(decisions(items, full), decisions(items, half), strict=True)]
    print(f"decisions in bf16 equal to fp32: {sum(same)} of {len(same)} ({sum(same) / len(same):.3f})")

    tried = {b: n / their.ask(("bfloat16", b))[1] for b in BATCHES}
    best = max(tried, key=tried.__getitem__)
    print("lm-eval bf16 by batch size:", {b: round(rate, 2) for b, rate in tried.items()}, "pairs/s, best", best)
    their2.ask(("bfloat16", best))
    together(halves, "bf16")
    rows: list[tuple[float, float, float, float, float]] = []
    for _ in range(wanted.rounds):
        ours_one, their_one = mine.ask("bf16"), their.ask(("bfloat16", best))
        a, b = n / ours_one[1], n / their_one[1]
        c, d = n / together(halves, "bf16"), n / their2.ask(("bfloat16", best))[1]
        rows.append((a, b, c, d, their_one[2] / ours_one[2]))
        print(f"  1 thread: ours {a:.1f}, lm-eval {b:.1f} | 2 cores: ours {c:.1f}, lm-eval {d:.1f} pairs/s", flush=True)
    for w in (mine, their, their2, *halves):
        w.pipe.send(None)
    print(f"pairs per CPU second, one thread each: {statistics.median(r[4] for r in rows):.2f}")
    print(f"2 cores: {statistics.median(r[2] / r[3] for r in rows):.2f}")
    print("one thread each, bf16:")
    print(f"ratio: {statistics.median(r[0] / r[1] for r in rows):.2f}")


if __name__ == "__main__":
    main()
