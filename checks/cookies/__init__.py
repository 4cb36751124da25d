"""Checks of the cookies that answers set."""
