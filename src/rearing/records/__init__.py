"""The types that travel between rooms, and the column schema of every table.

Takes nothing, gives frozen dataclasses. Never holds scratchpad text: that is `records.private` alone.
"""
