"""The definition language: what the user writes becomes one Manifest. No side effects, no database, no AWS."""
