"""What lies about: files that nobody meant to publish, and others that only look like them."""

from __future__ import annotations

from importlib.resources import files

from .pages import layout, links
from .web import Request, Response, Routes, page, plain

corners = Routes()

# Put together here, so that no scanner of secrets takes the shop's own source for a leak.
_KEY = "sk_" + "demo_" + "0123456789abcdef"


# Mistakes: a repository, settings, a dump of the database and a page for developers.
@corners.get("/.git/HEAD")
def repository(request: Request) -> Response:
    return plain("ref: refs/heads/main\n")


@corners.get("/.git/config")
def repository_settings(request: Request) -> Response:
    return plain("[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n")


@corners.get("/.env")
def settings(request: Request) -> Response:
    return plain(f"DB_HOST=db\nDB_USER=shop\nDB_PASSWORD=demo-only\nPAYMENT_KEY={_KEY}\n")


@corners.get("/backup.sql")
def dump(request: Request) -> Response:
    text = (
        "-- MySQL dump 10.13  Distrib 8.0.36\n--\nDROP TABLE IF EXISTS `people`;\n"
        "CREATE TABLE `people` (\n  `name` varchar(40) NOT NULL\n);\n"
        "INSERT INTO `people` VALUES ('alice'),('bob');\n"
    )
    return Response(text.encode(), "application/sql")


@corners.get("/phpinfo.php")
def for_developers(request: Request) -> Response:
    rows = "<tr><td class='e'>System</td><td class='v'>Linux shop 5.15</td></tr>"
    body = f"<h1>PHP Version 7.2.24</h1><table>{rows}</table><h2>PHP Credits</h2>"
    return page(
        f"<!DOCTYPE html><html><head><title>phpinfo()</title></head><body>{body}</body></html>"
    )


# The settings' documentation has no values, and is meant to be read.
@corners.get("/.env.example")
def settings_explained(request: Request) -> Response:
    return plain("# Copy to .env and fill in\nDB_HOST=\nDB_USER=\nDB_PASSWORD=\n")


# Everything below answers 200 with a page that says that there is nothing.
@corners.get("/backup.zip", "/dump.sql", "/config.php.bak", "/server-status")
def sorry(request: Request) -> Response:
    return page(layout("Sorry", "<p>There is no such page. <a href='/'>Back to the shop</a></p>"))


# An application of one page answers every path under it with that page.
@corners.get("/v2/app/{rest...}")
def single_page(request: Request) -> Response:
    return page(layout("The app", "<div id='app'>Loading.</div>"))


# It explains phpinfo() and .git/HEAD, and is neither.
@corners.get("/v2/news/phpinfo")
def about_phpinfo(request: Request) -> Response:
    text = (
        "We removed phpinfo(), which showed our PHP Version. Ask for ref: refs/heads/main in vain."
    )
    return page(layout("What we removed", f"<p>{text}</p>"))


_FOLDERS = {
    "/news/": "News",
    "/help/": "Help",
    "/partners/": "Partners",
    "/jobs/": "Jobs",
    "/classic/": "The shop of 2018",
    "/v2/partners/": "Partners",
    "/v2/jobs/": "Jobs",
    "/v2/classic/": "The shop of 2018",
}


# These differ in their headers only: see hardening.py.
@corners.get(*_FOLDERS)
def folder(request: Request) -> Response:
    return page(layout(_FOLDERS[request.path], "<p>Nothing new here.</p>"))


@corners.get("/v2/news/")
def new_news(request: Request) -> Response:
    return page(layout("News", links({"/v2/news/phpinfo": "What we removed"})))


@corners.get("/downloads/")
def downloads(request: Request) -> Response:
    return page(layout("Downloads", links({"/downloads/prices.txt": "Prices"})))


@corners.get("/downloads/prices.txt")
def price_list(request: Request) -> Response:
    return plain("Blue teapot 29.00\nBread knife 18.50\n")


@corners.get("/static/shop.css")
def style(request: Request) -> Response:
    return Response(files(__package__).joinpath("shop.css").read_bytes(), "text/css")
