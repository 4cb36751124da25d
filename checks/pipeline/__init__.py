"""Checks of GitHub workflows and composite actions."""
