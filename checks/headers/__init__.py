"""Checks of the headers that come with answers."""
