"""The encrypted connection: versions and certificate."""
