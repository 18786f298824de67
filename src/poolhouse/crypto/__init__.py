"""Secrets and proofs: sealing, SRP, signed tokens, one-time codes and password rules; no I/O, no clock, no settings."""
