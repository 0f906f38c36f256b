"""A corpus for other tools: table, dataset card, Croissant."""
