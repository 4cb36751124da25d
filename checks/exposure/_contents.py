"""What proves that a file is what its name says: patterns over the whole of an answer's text.

Each is anchored at the start of the body, where a file's kind shows, and reads it once. None
matches a page that merely speaks of such a file. Bytes that are no UTF-8 reach a pattern as
U+FFFD, or as themselves where the answer says latin-1.
"""

from __future__ import annotations

_VALUE = (
    r"[\"']?(?!encrypted:|<|\$\{|\{\{|%|\.\.\.|x{3}|\*{3}|your[-_ ]|change[-_]?(?:me|this)"
    r"|replace[-_]|insert[-_]|todo\b|example\b|placeholder)[^\s\"'#]{4,}"
)
"""What may be a secret: no placeholder, nothing that dotenvx or a template has yet to fill."""

_SENSITIVE = (
    r"(?!\w*(?:PUBLIC|PUBLISHABLE))(?:\w*(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|API_?KEY"
    r"|CREDENTIALS?|KEY_BASE)|(?:\w*_)?(?:PASS|PWD|KEY|DSN))"
)
_URL_WITH_LOGIN = r"[\"']?[a-z][a-z0-9+.-]*://[^\s:/@]*:[^\s@/]+@"


def _text(*having: str) -> str:
    """Text that is no page and has a line for each of `having`."""
    looked_for = "".join(rf"(?=[\s\S]*?(?im:{one}))" for one in having)
    return rf"\A\ufeff?(?!\s*<){looked_for}"


def _page(*having: str) -> str:
    """Markup with each of `having`, in any order."""
    return r"\A(?=\s*<)" + "".join(rf"(?=[\s\S]*?(?:{one}))" for one in having)


def _json(*having: str) -> str:
    return r"\A\ufeff?(?=\s*\{)" + "".join(rf"(?=[\s\S]*?(?:{one}))" for one in having)


GIT_HEAD = r"\A(?:ref: refs/[^\s<]+|[0-9a-f]{40}(?:[0-9a-f]{24})?)\s*\Z"
GIT_CONFIG = _text(r"^\[core\]", r"^[ \t]*repositoryformatversion\s*=")
GIT_INDEX = r"\ADIRC\x00\x00\x00[\x02-\x04]"
SVN_ENTRIES = r"\A\d{1,2}\r?\n(?:\r?\n)?dir\r?\n"
HG_REQUIRES = r"\A(?:[a-z][\w.-]*\n)*?(?:revlogv1|store|share-safe)\n"

ENVIRONMENT = _text(
    rf"^[ \t]*(?:export[ \t]+)?(?:{_SENSITIVE}[ \t]*=[ \t]*{_VALUE}"
    rf"|\w+[ \t]*=[ \t]*{_URL_WITH_LOGIN})"
)
PRIVATE_KEY = (
    r"\A(?!\s*<)[^\x00]{0,4000}?-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY-----\s+[\w+/=:,\s-]{40}"
)
GIT_CREDENTIALS = r"\Ahttps?://[^\s:/@]+:[^\s@/]+@\S+"
AWS = _text(r"^[ \t]*aws_secret_access_key\s*=\s*[A-Za-z0-9/+=]{30}")
HTPASSWD = (
    r"\A(?:#[^\n]*\n)*[^\s:<>]+:"
    r"(?:\$apr1\$|\$2[abxy]?\$|\$[156y]\$|\{SHA\}|[./0-9A-Za-z]{13}(?:\r?\n|\Z))"
)
NPMRC = _text(r"^[^#;\n]*_(?:authToken|auth|password)\s*=\s*(?!\$)\S{8}")
PYPIRC = _text(r"^\[[\w-]+\]", r"^[ \t]*password\s*[=:]\s*\S{4}")
NETRC = _text(r"^[ \t]*machine\s+\S+", r"\bpassword\s+\S+")
PGPASS = r"\A(?:#[^\n]*\n)*[^:\s<]+:(?:\d+|\*):[^:\n]+:[^:\n]+:\S+\s*(?:\n|\Z)"
DOCKER_CONFIG = _json(r'"auths"\s*:', r'"auth"\s*:\s*"[A-Za-z0-9+/=]{6}')
KUBECONFIG = _text(r"^apiVersion:", r"^[ \t]*(?:-\s+)?(?:client-key-data|token|password):\s*\S{8}")
SFTP = _json(r'"host"\s*:', r'"(?:password|passphrase)"\s*:\s*"[^"]')
SERVICE_ACCOUNT = _json(r'"private_key"\s*:\s*"-----BEGIN')
TERRAFORM_STATE = _json(r'"terraform_version"\s*:', r'"(?:resources|modules)"\s*:')
RAILS_MASTER_KEY = r"\A[0-9a-f]{32}\s*\Z"
RAILS_DATABASE = _text(r"^[ \t]*adapter:\s*\S", r"^[ \t]*password:[ \t]*(?!<%)[^\s<]")
DJANGO_SETTINGS = _text(r"^SECRET_KEY\s*=\s*['\"][^'\"]{8}")
APP_SETTINGS = _json(
    r'(?i:(?:password|pwd)=[^;"]{3}|"\w*(?:secret|password|apikey)"\s*:\s*"[^"<]{4})'
)
WEB_CONFIG = _page(r"<configuration[\s>]", r"<(?:connectionStrings|appSettings|system\.web)[\s>]")
WP_CONFIG = r"\A\s*<\?php(?=[\s\S]*?define\(\s*['\"]DB_PASSWORD['\"]\s*,)"
SOURCE = r"\A\ufeff?\s*<(?:\?php\s|\?=|%@?\s)"
VIM_SWAP = r"\Ab0VIM [4-9]\.\d"
SHELL_HISTORY = _text(
    r"^cd\s+\S", r"^ls\b", r"^(?:sudo|vim?|nano|cat|git|ssh|mysql|psql|docker|exit)\b"
)

SQL = _text(
    r"^(?:CREATE TABLE [^\n]{1,200}\(|DROP TABLE IF EXISTS |INSERT INTO \S[^\n]*\bVALUES\b"
    r"|COPY \S[^\n]* FROM stdin)"
)
SQLITE = r"\ASQLite format 3\x00"
ARCHIVE = (
    r"\A(?:PK\x03\x04|\x1f[\x8b\ufffd]\x08|BZh[1-9]1AY&SY|[\xfd\ufffd]7zXZ\x00"
    r"|7z[\xbc\ufffd][\xaf\ufffd]'\x1c|Rar!\x1a\x07|[\s\S]{257}ustar)"
)
# A server that knows .gz may send it as an encoding, which has been undone by now.
PACKED_SQL = rf"(?:{ARCHIVE}|{SQL})"

PHPINFO = _page(
    r"<title>[^<]*phpinfo\(\)[^<]*</title>",
    r"<h1[^>]{0,200}>PHP Version \d+\.\d+",
    r"<td class=[\"']?e[\"']?>",
)
APACHE_STATUS = _page(r"<title>Apache Status</title>", r"<dt>Server Version: ")
APACHE_INFO = _page(r"<title>Server Information</title>", r"Apache Server Information</h1>")
NGINX_STATUS = r"\AActive connections: \d+\s+server accepts handled requests"
ACTUATOR = _json(
    r'"_links"\s*:',
    r"/actuator",
    r'"(?:env|heapdump|threaddump|configprops|beans|mappings|loggers|httptrace|httpexchanges)"',
)
ACTUATOR_ENV = _json(r'"propertySources"\s*:', r'"systemProperties"')
GO_PPROF = _page(r"<title>/debug/pprof/?</title>", r"full goroutine stack dump")
GO_EXPVAR = _json(r'"cmdline"\s*:\s*\[', r'"memstats"\s*:')
WERKZEUG = _page(r"Werkzeug", r"CONSOLE_MODE\s*=\s*true", r"EVALEX\s*=\s*true")
DJANGO_DEBUG = _page(r"<title>Page not found at /", r"<code>DEBUG = True</code>")
LARAVEL_IGNITION = r'\A\s*\{\s*"can_execute_commands"\s*:\s*true'
LARAVEL_TELESCOPE = _page(r"<title>[^<]*Telescope[^<]*</title>", r"window\.Telescope\s*=")
RAILS_INFO = _page(r">Rails version</td>", r">Ruby version</td>", r">Application root</td>")
ELMAH = _page(r"<title>\s*Error log for ", r"ELMAH")
ASP_TRACE = _page(r"<title>[^<]*Trace[^<]*</title>|<h1>Application Trace</h1>", r"Requests to this")

COMPOSE = _text(r"^services:\s*$", r"^[ \t]+(?:image|build):")
COMPOSE_WITH_KEYS = _text(
    r"^services:\s*$",
    r"^[ \t]+(?:image|build):",
    rf"^[ \t]+(?:-[ \t]*)?{_SENSITIVE}[ \t]*[:=][ \t]*{_VALUE}",
)
DOCKERFILE = _text(r"^FROM\s+\S+", r"^(?:RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR)\s")
DS_STORE = r"\A\x00\x00\x00\x01Bud1"
IDEA = _page(r"<project version=[\"']4[\"']>", r"<component name=")
HTACCESS = (
    r"\A(?!\s*<(?:!doctype|html))(?=[\s\S]*?(?im:^[ \t]*(?:RewriteEngine|RewriteRule|AuthType"
    r"|Require|Deny from|Order|Options|<IfModule|<Files)[\s>]))"
)
COMPOSER_LOCK = _json(r'"content-hash"\s*:', r'"packages"\s*:')
