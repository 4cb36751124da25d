"""A small web shop that is full of mistakes on purpose, for `wallwalk demo` to find.

Never deploy it, never copy from it. The old pages make the mistakes, each marked by a comment;
the pages under /v2/ do the same things right. ../flaws.py lists both.
"""
