"""What a live check is given."""

from __future__ import annotations

from scanner.site.site import Site
from scanner.site.surface import Endpoint, Parameter

__all__ = ["Endpoint", "Parameter", "Site"]
