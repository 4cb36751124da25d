"""Checks of the configuration of web servers."""
