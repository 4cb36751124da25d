"""The exit codes that the command line decides by itself; findings are the report's to judge."""

WRONG = 2
"""Wrong usage or a wrong file, or nothing at all was planned."""

INCOMPLETE = 3
"""Something that was asked for could not be done."""

INTERRUPTED = 130
