"""`python -m rearing`."""

from rearing.cli import main

if __name__ == "__main__":
    main()
