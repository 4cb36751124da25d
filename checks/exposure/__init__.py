"""Files and pages that nobody meant to publish."""
