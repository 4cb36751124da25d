"""Checks for secrets that stand in files."""
