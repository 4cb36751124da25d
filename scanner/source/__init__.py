"""What a file check is given: `Source`, its files, and external tools."""

from scanner.source.cache import Cache, default_folder
from scanner.source.files import LeftOut, SourceFile
from scanner.source.git import SourceError
from scanner.source.source import Advisories, Source, named
from scanner.source.tool import ToolFailed

__all__ = [
    "Advisories",
    "Cache",
    "LeftOut",
    "Source",
    "SourceError",
    "SourceFile",
    "ToolFailed",
    "default_folder",
    "named",
]
