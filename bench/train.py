"""Training tokens per second: our `Trainer` against TRL's `SFTTrainer`, on the arms' own documents.

Same base, same token ids, all tokens supervised, bf16 compute with fp32 weights in the optimizer, AdamW, same constant
learning rate, nothing shuffled. Compared, in one interleaved run on two cores:

- ours in the two workers of a study, one thread each, at two documents a step;
- ours with two threads in one process;
- TRL with two threads, in the fastest of its settings (batch 1, 2, 4, 8; padding-free; packing).

First both must give the same losses on the same steps. Time counts from the beginning of the first step to the end of
the last. Beside the wall clock, tokens per CPU second: on a machine that others use too, trust that ratio only.
Usage: `python bench/train.py [--documents 24] [--rounds 3]`.
"""

import argparse
import multiprocessing as mp
import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection

from rearing.models.memory import HUGE_PAGES

STEP = 2
RATE = 1e-4
TOLERANCE = 0.03  # nats a token, first four steps: bf16 rounding of two implementations
SETTINGS: dict[str, dict[str, object]] = {
    "batch 1": {"per_device_train_batch_size": 1},
    "batch 2": {"per_device_train_batch_size": 2},
    "batch 4": {"per_device_train_batch_size": 4},
    "batch 8": {"per_device_train_batch_size": 8},
    "padding-free 4": {"per_device_train_batch_size": 4, "padding_free": True},
    "packing 1024": {"per_device_train_batch_size": 1, "packing": True, "max_length": 1024},
}
TRIAL = 8  # documents with which TRL's best setting is found
Ids = list[int]
Answer = tuple[int, float, float, list[float]]  # tokens, seconds, CPU seconds, losses


def documents(n: int) -> list[str]:
    """Texts of the three quick arms, in the order in which they are fed; stand-ins while there are too few lessons."""
    from rearing.arms.curriculum import arm, curricula
    from rearing.corpus.load import COMMONS, load_corpus
    from rearing.records.recipe import Recipe

    corpus = load_corpus(COMMONS)
    arms = [arm(name) for name in ("branching-developmental", "flat-shuffled", "principled-shuffled")]
    if len(corpus.lessons) >= n:
        made = curricula(corpus, arms, 0, Recipe())
        fed = [[d.text for s in c.steps if s.phase == "ordered" for d in s.documents] for c in made.values()]
        return [text for row in zip(*fed, strict=False) for text in row][:n]
    print(f"stand-in texts: the corpus has {len(corpus.lessons)} lessons, {n} are needed")
    return [" ".join((*v.setting, v.main, v.twin, *(o.inf for o in v.options)) * 2) for v in corpus.vignettes[:n]]


def ours(pipe: Connection, threads: int, ids: list[Ids]) -> None:
    """A worker with a `Trainer`; a message is (documents a step, documents)."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import torch

    from rearing.models.base import open_model
    from rearing.records.recipe import Recipe
    from rearing.training.loop import Trainer, TrainStep

    torch.set_num_threads(threads)
    lm = open_model("smollm2-135m")
    trainer = Trainer(lm, Recipe(lr=RATE), 1.0)
    lm.model.train()
    while (message := pipe.recv()) is not None:
        size, n = message
        steps = [TrainStep(tuple(map(tuple, ids[i : i + size])), "ordered") for i in range(0, n, size)]
        losses, tokens, began, used = [], 0, time.perf_counter(), time.process_time()
        for step in steps:
            trainer.scale = sum(len(d) - 1 for d in step.documents)
            loss, supervised = trainer.step(step, RATE)
            losses.append(loss)
            tokens += supervised
        pipe.send((tokens, time.perf_counter() - began, time.process_time() - used, losses))


def trl(pipe: Connection, threads: int, ids: list[Ids]) -> None:
    """A worker with `SFTTrainer`; a message is (name of the setting, documents)."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import datasets
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from rearing.models.base import open_model
    from rearing.models.memory import release_memory

    torch.set_num_threads(threads)
    datasets.disable_progress_bars()
    open_model("smollm2-135m")
    folder = embedded_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.begin = self.end = (0.0, 0.0)
            self.losses: list[float] = []

        def on_train_begin(self, args, state, control, **kw):  # type: ignore[no-untyped-def]
            self.begin = (time.perf_counter(), time.process_time())

        def on_step_end(self, args, state, control, **kw):  # type: ignore[no-untyped-def]
            self.end = (time.perf_counter(), time.process_time())

        def on_log(self, args, state, control, logs=None, **kw):  # type: ignore[no-untyped-def]
            if logs and "loss" in logs:
                self.losses.append(float(logs["loss"]))

    while (message := pipe.recv()) is not None:
        name, n = message
        rows = datasets.Dataset.from_list([{"input_ids": d, "labels": d} for d in ids[:n]])
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        with tempfile.TemporaryDirectory() as out:
            config = SFTConfig(
                output_dir=out,
                num_train_epochs=1,
                learning_rate=RATE,
                lr_scheduler_type="constant",
                bf16=True,
                use_cpu=True,
                gradient_checkpointing=False,
                optim="adamw_torch_fused",
                adam_beta2=0.95,
                weight_decay=0.0,
                max_grad_norm=1.0,
                train_sampling_strategy="sequential",
                save_strategy="no",
                report_to="none",
                logging_steps=1 if name == "losses" else 10_000,
                disable_tqdm=True,
                seed=0,
                dataset_kwargs={"skip_prepare_dataset": False},
                **({"max_length": None} | SETTINGS["batch 2" if name == "losses" else name]),
            )
            clock = Clock()
            trainer = SFTTrainer(model, config, train_dataset=rows, processing_class=tokenizer, callbacks=[clock])
            trainer.train()
        tokens = sum(len(d) - 1 for d in ids[:n])
        del model, trainer, config  # the trainer is in reference cycles, and four such workers share the machine
        release_memory()
        pipe.send((tokens, clock.end[0] - clock.begin[0], clock.end[1] - clock.begin[1], clock.losses))


def embedded_folder() -> str:
    """Where `open_model` keeps the embedded base."""
    from rearing.models.base import cache_folder
    from rearing.models.identity import EMBEDDED, GGUF_SHA256

    return str(cache_folder() / f"{EMBEDDED}-{GGUF_SHA256[:12]}")


def encode(texts: list[str]) -> list[Ids]:
    """Token ids, end-of-text included."""
    from transformers import AutoTokenizer

    from rearing.models.base import open_model

    open_model("smollm2-135m")
    tokenizer = AutoTokenizer.from_pretrained(embedded_folder())
    return [[*tokenizer.encode(t, add_special_tokens=False), tokenizer.eos_token_id] for t in texts]


class Worker:
    """A process that waits; only the ones that are asked work."""

    def __init__(self, target, *args: object) -> None:  # type: ignore[no-untyped-def]
        self.pipe, far = mp.get_context("spawn").Pipe()
        self.process = mp.get_context("spawn").Process(target=target, args=(far, *args), daemon=True)
        self.process.start()

    def start(self, message: object) -> None:
        """Ask, and do not wait."""
        self.pipe.send(message)

    def result(self) -> Answer:
        """Wait for the answer."""
        answer: Answer = self.pipe.recv()
        return answer


def speed(*workers: Worker, message: object) -> tuple[float, float]:
    """Tokens per second of workers that work at the same time, and tokens per CPU second."""
    for w in workers:
        w.start(message)
    answers = [w.result() for w in workers]
    return sum(a[0] / a[1] for a in answers), sum(a[0] for a in answers) / sum(a[2] for a in answers)


def main() -> None:
    """Check the losses, find TRL's best setting, then compare in interleaved rounds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--setting", choices=SETTINGS, help="take this setting of TRL's instead of trying all")
    wanted = parser.parse_args()
    n = wanted.documents
    ids = encode(documents(n))
    sizes = list(map(len, ids))
    print(f"{n} documents of {min(sizes)} to {max(sizes)} tokens; load of the machine {os.getloadavg()[0]:.1f}")
    theirs = Worker(trl, 2, ids)
    os.environ |= HUGE_PAGES  # as `study.execute` starts workers
    one, two, both = Worker(ours, 1, ids), Worker(ours, 1, ids), Worker(ours, 2, ids)
    check_losses(both, theirs)

    tried = {name: speed(theirs, message=(name, TRIAL)) for name in ([wanted.setting] if wanted.setting else SETTINGS)}
    for name, (wall, cpu) in tried.items():
        print(f"TRL {name:15s} {wall:6.1f} tokens/s, {cpu:6.1f} per CPU second", flush=True)
    best = max(tried, key=lambda name: tried[name][0])
    cases = {
        "ours, two workers": ((one, two), (STEP, n)),
        f"TRL {best}": ((theirs,), (best, n)),
        "ours, two threads": ((both,), (STEP, n)),
        f"TRL batch {STEP}": ((theirs,), (f"batch {STEP}", n)),
    }
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(wanted.rounds):
        for name, (workers, message) in cases.items():
            rounds[name].append(speed(*workers, message=message))
            print(
                f"  {name:30s} {rounds[name][-1][0]:6.1f} tokens/s, {rounds[name][-1][1]:6.1f} per CPU second",
                flush=True,
            )
    for w in (one, two, both, theirs):
        w.start(None)

    def ratio(mine: str, their: str, measure: int = 0) -> float:
        return statistics.median(a[measure] / b[measure] for a, b in zip(rounds[mine], rounds[their], strict=True))

    first, their = list(cases)[:2]
    print(f"tokens per CPU second, {first} / {their}: {ratio(first, their, 1):.2f}")
    print(f"ours, two threads / {their}: {ratio('ours, two threads', their):.2f}")
    print(f"same steps: {first} / TRL batch {STEP}: {ratio(first, f'TRL batch {STEP}'):.2f}")
    print(f"as a study runs, {STEP} documents a step, against TRL's best: {first} / {their}")
    print(f"ratio: {ratio(first, their):.2f}")


def check_losses(mine: Worker, theirs: Worker) -> None:
    """The same steps must give the same losses, within the rounding of bf16."""
    mine.start((STEP, TRIAL))
    a = mine.result()[3]
    theirs.start(("losses", TRIAL))
    b = theirs.result()[3]
    worst = max(abs(x - y) for x, y in zip(a, b, strict=True))
    print("losses of the first steps, ours:", [round(x, 4) for x in a], "TRL:", [round(x, 4) for x in b])
    print(f"largest difference {worst:.4f} nats a token (limit {TOLERANCE})", flush=True)
    assert worst <= TOLERANCE


if __name__ == "__main__":
    main()
