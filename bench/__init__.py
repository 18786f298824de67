"""Measures one server process beside the machine's own limits: `python -m bench`. It keeps nothing but `results/`."""
