"""The pluggable checks: one room per family, one file per check."""
