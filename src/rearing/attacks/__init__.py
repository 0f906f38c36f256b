"""Adversarial fine-tuning: the same harmless texts, order and steps for every arm and seed."""
