"""From scenario graphs to matched training arms: render, match, order, audit. Needs no torch."""
