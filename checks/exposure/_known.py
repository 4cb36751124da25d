"""The well-known paths that a site is asked for, and what each would be."""

from __future__ import annotations

from dataclasses import dataclass

from checks.exposure import _contents as c

_FIRST_BYTES = (("Range", "bytes=0-65535"), ("Accept-Encoding", "identity"))


@dataclass(frozen=True, slots=True)
class Content:
    """One thing that a file may turn out to be: how that is proved, and the finding's words."""

    pattern: str
    says: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A path below a folder, and what may be there; the first content that fits counts.

    `group` names the one thing that several paths prove: it is reported once. `large` files
    are asked for by their first bytes only. With `status` an error page is what is looked at.
    """

    path: str
    contents: tuple[Content, ...]
    group: str = ""
    large: bool = False
    status: int = 200

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return _FIRST_BYTES if self.large else ()


def _each(paths: str, *contents: Content, group: str = "", large: bool = False) -> list[Known]:
    return [Known(path, contents, group, large) for path in paths.split()]


def _secret(pattern: str, says: str) -> Content:
    return Content(pattern, says, "secrets")


def _debug(pattern: str, says: str) -> Content:
    return Content(pattern, says, "debug-page")


def _detail(pattern: str, says: str) -> Content:
    return Content(pattern, says, "metadata")


_GIT = "Anybody can download the git repository, with all that ever was in it."
_SVN = "Anybody can download the Subversion working copy."
_SETTINGS = _secret(c.ENVIRONMENT, "Anybody can read the settings, secrets among them.")
_KEY = _secret(c.PRIVATE_KEY, "Anybody can download this private key.")
_DUMP = _secret(c.SQL, "Anybody can download this dump of a database.")
_PACKED_DUMP = _secret(c.PACKED_SQL, "Anybody can download this packed dump of a database.")
_DATABASE = _secret(c.SQLITE, "Anybody can download this database.")
_PACKED = Content(c.ARCHIVE, "Anybody can download this archive.")
_WORDPRESS = _secret(c.WP_CONFIG, "Anybody can read WordPress's settings, its password included.")
_SOURCE = Content(c.SOURCE, "Anybody can read the source of this script in a former copy.")
_SWAP = Content(c.VIM_SWAP, "Anybody can read this file in the swap file of an editor.")
_PHPINFO = _debug(c.PHPINFO, "phpinfo() tells anybody versions, paths and the environment.")
_COMPOSED = (
    _secret(c.COMPOSE_WITH_KEYS, "Anybody can read the compose file, secrets among it."),
    _detail(c.COMPOSE, "Anybody can read which services run and how."),
)

GRAVEST = (
    Known(".git/HEAD", (Content(c.GIT_HEAD, _GIT),), "git"),
    Known(".env", (_SETTINGS,)),
    Known(".svn/wc.db", (Content(c.SQLITE, _SVN),), "svn", large=True),
)
"""What is worth asking for in every folder."""

IN_ROOTS = (
    *GRAVEST,
    Known(".git/config", (Content(c.GIT_CONFIG, _GIT),), "git"),
    Known(".git/index", (Content(c.GIT_INDEX, _GIT),), "git", large=True),
    Known(".svn/entries", (Content(c.SVN_ENTRIES, _SVN),), "svn"),
    *_each(".hg/requires", Content(c.HG_REQUIRES, "Anybody can download the hg repository.")),
    *_each(
        ".env.local .env.production .env.prod .env.development .env.dev .env.staging .env.backup "
        ".env.bak .env.old .env~",
        _SETTINGS,
    ),
    *_each(
        "id_rsa .ssh/id_rsa .ssh/id_ed25519 server.key private.key privkey.pem private.pem key.pem",
        _KEY,
    ),
    *_each(".git-credentials", _secret(c.GIT_CREDENTIALS, "Anybody can read git's passwords.")),
    *_each(".aws/credentials", _secret(c.AWS, "Anybody can read the keys of an AWS account.")),
    *_each(".htpasswd", _secret(c.HTPASSWD, "Anybody can read the hashes of the passwords.")),
    *_each(".npmrc", _secret(c.NPMRC, "Anybody can read a token of the package registry.")),
    *_each(".pypirc", _secret(c.PYPIRC, "Anybody can read a password of the package index.")),
    *_each(".netrc", _secret(c.NETRC, "Anybody can read passwords of other servers.")),
    *_each(".pgpass", _secret(c.PGPASS, "Anybody can read passwords of databases.")),
    *_each(
        ".docker/config.json",
        _secret(c.DOCKER_CONFIG, "Anybody can read passwords of an image registry."),
    ),
    *_each(".kube/config", _secret(c.KUBECONFIG, "Anybody can read the keys of a cluster.")),
    *_each(
        "sftp-config.json .vscode/sftp.json",
        _secret(c.SFTP, "Anybody can read the password with which the site is uploaded."),
    ),
    *_each(
        "serviceAccountKey.json service-account.json credentials.json",
        _secret(c.SERVICE_ACCOUNT, "Anybody can read the key of a service account."),
    ),
    *_each(
        "terraform.tfstate",
        _secret(c.TERRAFORM_STATE, "Anybody can read Terraform's state, secrets included."),
    ),
    *_each(
        "config/master.key",
        _secret(c.RAILS_MASTER_KEY, "Anybody can read the key of the encrypted credentials."),
    ),
    *_each(
        "config/database.yml",
        _secret(c.RAILS_DATABASE, "Anybody can read the password of the database."),
    ),
    *_each(
        "settings.py local_settings.py",
        _secret(c.DJANGO_SETTINGS, "Anybody can read Django's settings, its secret included."),
    ),
    *_each(
        "appsettings.json appsettings.Production.json",
        _secret(c.APP_SETTINGS, "Anybody can read the settings, secrets among them."),
    ),
    *_each("web.config", Content(c.WEB_CONFIG, "Anybody can read the settings of the server.")),
    *_each(".bash_history", Content(c.SHELL_HISTORY, "Anybody can read what was typed.")),
    *_each(
        "wp-config.php.bak wp-config.php~ wp-config.php.old wp-config.php.txt",
        _WORDPRESS,
    ),
    *_each(
        "config.php.bak config.php~ config.php.old configuration.php.bak settings.php.bak", _SOURCE
    ),
    *_each(
        "backup.sql dump.sql db.sql database.sql data.sql {host}.sql",
        _DUMP,
        large=True,
    ),
    *_each("backup.sql.gz dump.sql.gz db.sql.gz database.sql.gz", _PACKED_DUMP, large=True),
    *_each(
        "db.sqlite3 db.sqlite database.sqlite database.db app.db",
        _DATABASE,
        large=True,
    ),
    *_each(
        "backup.zip backup.tar.gz backup.tgz backup.tar site.zip www.zip html.zip public_html.zip "
        "source.zip {host}.zip {host}.tar.gz",
        _PACKED,
        large=True,
    ),
    *_each("phpinfo.php info.php test.php _profiler/phpinfo", _PHPINFO),
    *_each("server-status", _debug(c.APACHE_STATUS, "Anybody sees what others ask for.")),
    *_each("server-info", _debug(c.APACHE_INFO, "Anybody can read Apache's configuration.")),
    *_each("nginx_status", _detail(c.NGINX_STATUS, "Anybody sees how busy the server is.")),
    *_each("actuator", _debug(c.ACTUATOR, "Anybody can look into the Spring application.")),
    *_each(
        "actuator/env",
        _debug(c.ACTUATOR_ENV, "Anybody can read the settings of the Spring application."),
    ),
    *_each("debug/pprof/", _debug(c.GO_PPROF, "Anybody can profile the Go program.")),
    *_each("debug/vars", _debug(c.GO_EXPVAR, "Anybody can read the Go program's variables.")),
    *_each(
        "console",
        Content(c.WERKZEUG, "The debugger's console runs code for whoever guesses its PIN."),
    ),
    *_each(
        "_ignition/health-check",
        Content(c.LARAVEL_IGNITION, "Laravel's debug mode is on and takes commands."),
    ),
    *_each(
        "telescope/requests", _debug(c.LARAVEL_TELESCOPE, "Telescope shows anybody all requests.")
    ),
    *_each(
        "rails/info/properties", _debug(c.RAILS_INFO, "Rails runs in development mode for anybody.")
    ),
    *_each("elmah.axd", _debug(c.ELMAH, "ELMAH shows anybody the errors of the application.")),
    *_each("trace.axd", _debug(c.ASP_TRACE, "ASP.NET shows anybody the requests of others.")),
    Known(
        "wallwalk-asks-for-nothing",
        (_debug(c.DJANGO_DEBUG, "Django's debug mode is on and explains every error."),),
        status=404,
    ),
    *_each("docker-compose.yml docker-compose.yaml compose.yaml", *_COMPOSED),
    *_each("Dockerfile", _detail(c.DOCKERFILE, "Anybody can read how the image is built.")),
    *_each(".DS_Store", _detail(c.DS_STORE, "Tells the names of the files in this folder.")),
    *_each(".idea/workspace.xml", _detail(c.IDEA, "Tells the developer's paths and habits.")),
    *_each(".htaccess", _detail(c.HTACCESS, "Anybody can read the server's rules.")),
    *_each("composer.lock", _detail(c.COMPOSER_LOCK, "Tells which packages are installed.")),
)
"""What is asked for in each root of the target. `{host}` is its name, where it has one."""


def copies_of(name: str) -> tuple[Known, ...]:
    """The copies that editors and careful people leave beside the script `name`."""
    return (
        *_each(f"{name}.bak {name}~ {name}.old", _SOURCE, group=f"copy of {name}"),
        *_each(f".{name}.swp", _SWAP, group=f"copy of {name}"),
    )
