"""Checks of signed tokens."""
