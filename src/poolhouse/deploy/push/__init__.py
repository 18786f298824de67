"""A template becomes a stack: change sets, refusals for the users' sake, assets, progress, drift, the end.

Everything here takes an `Account`, which `session.connect` makes; nothing reads the project or prints.
"""
