"""Open a base model or a checkpoint; packed forward passes; likelihood scoring; activations.

Takes a name, a folder or a hub id; gives a `LanguageModel`. Needs the extra `train` (torch, transformers).
"""
