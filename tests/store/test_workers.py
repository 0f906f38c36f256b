import subprocess
import sys

WORKER = """
import time
from rearing.store.workers import end_with_parent
end_with_parent()
print("at work", flush=True)
time.sleep(30)
print("left by itself")
"""
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORKER!r}])"


def test_a_worker_ends_when_its_parent_was_killed() -> None:
    """The worker writes to the output of its parent, which therefore ends when both have ended."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "at work\n"
        parent.kill()
        assert parent.stdout.read() == ""
