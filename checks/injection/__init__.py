"""Checks of what a site makes of the values that it is sent."""
