"""Checks of Dockerfiles and compose files."""
