"""`python -m poolhouse` is the `poolhouse` command."""

from poolhouse.cli import main

main()
