"""Rear a model on a curriculum: packed rows, bf16 compute, fp32 masters, bit-identical repeat and resume."""
