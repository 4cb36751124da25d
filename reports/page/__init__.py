"""The HTML report's parts: what it shows, how, and its template, style and script."""
