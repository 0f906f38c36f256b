"""Keep what was finished: content-addressed artifacts, atomic writes, run folders with one writer, typed tables."""
