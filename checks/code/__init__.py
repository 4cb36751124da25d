"""Flaws in the code itself."""
