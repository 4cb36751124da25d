"""The embedded demo: a shop full of mistakes, and what it takes to scan it on this machine."""
