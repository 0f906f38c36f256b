"""Does the shape of moral training data matter? One corpus, matched arms, a preregistered verdict.

Importing this package loads no torch. The rooms, lowest first, are listed in the README.
"""

__version__ = "0.1.0"
