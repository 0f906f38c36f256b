"""Read a checkpoint's representations: decode and coupling, one row a scenario."""
