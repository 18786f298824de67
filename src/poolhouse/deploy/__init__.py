"""The Manifest as CloudFormation: pure functions that make templates. Store and operations are never seen from here."""
