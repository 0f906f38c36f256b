"""Ask a checkpoint: items from held-out scenarios in, response rows out. Compiling items needs no torch."""
