"""Flaws in what the project depends on."""
