"""Checks of how often things may be tried."""
