"""The writers: each renders a report as text and knows nothing else."""
