"""Who may read answers across origins."""
