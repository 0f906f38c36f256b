"""Write anew what the untrained embedded base does in the worlds: src/rearing/evals/worlds/reached.json.

python bench/reached.py    four sampled roll-outs of every world and situation
"""

from rearing.evals.worlds import SHIPPED_WORLDS, worlds
from rearing.evals.worlds.model import reach
from rearing.evals.worlds.pool import REACHED
from rearing.models.base import open_model, single_thread
from rearing.store.artifacts import write_json

ROLL_OUTS = 4


def main() -> None:
    single_thread()
    lm = open_model("smollm2-135m")
    made: dict[str, dict[str, list[str]]] = {}
    for world in worlds(SHIPPED_WORLDS):
        made.setdefault(world.name, {})[world.situation] = reach(lm, world, ROLL_OUTS)
        print(world.name, world.situation, flush=True)
    write_json(REACHED, made)


if __name__ == "__main__":
    main()
