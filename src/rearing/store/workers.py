"""Worker processes: how many, and that none outlives the process that started it, kill -9 included."""

import os
import signal
import threading
import time


def end_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it is gone: the first thing that a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
