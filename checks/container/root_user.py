from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Also, Finding, Note, Severity, Source, check
from scanner.source.containers import dockerfiles
from scanner.source.dockerfile import Stage

NOT_ROOT = re.compile(
    r"""(?:docker\.io/|index\.docker\.io/)?(?:library/)?(?:
    gcr\.io/distroless/.+:(?:[\w-]+-)?nonroot(?:-\w+)?
    |cgr\.dev/chainguard/(?!.*:.*-root).+
    |(?:[\w.-]+/)?nginx-unprivileged(?:[:@].*)?
    |(?:[\w.]+/)?bitnami(?:legacy|secure)?/(?!minideb).+
    |registry\.(?:access\.)?redhat\.(?:com|io)/ubi\d+/(?!ubi|s2i-base|s2i-core|openjdk.*root).+
    |mcr\.microsoft\.com/dotnet/.+-chiseled.*
    |mcr\.microsoft\.com/windows/nanoserver.*
    |docker\.elastic\.co/(?:elasticsearch|kibana|logstash|beats)/.+
    |(?:quay\.io/)?(?:keycloak/keycloak|jupyter/.+|prometheus/.+)
    |(?:apache/airflow|jenkins/jenkins|grafana/(?:grafana|loki|tempo)|prom/.+|cimg/.+
      |curlimages/curl|homebrew/brew|selenium/.+|solr|memcached|haproxy|opensearchproject/.+
      |elasticsearch|kibana|logstash|fluentd|kong|odoo
      )(?:[:@].*)?
    )""",
    re.VERBOSE,
)
"""Images that set a user of their own, as their documentation says."""

ADMINISTRATORS = ("root", "containeradministrator")
NO_USER = "no USER is set"
DROPS = re.compile(r"\b(?:gosu|su-exec|setpriv|s6-setuidgid|setuidgid|chpst)\b")
DROPS_BY_ITSELF = re.compile(
    r"(?:docker\.io/|index\.docker\.io/)?(?:library/|postgis/|pgvector/|timescale/)?"
    r"(?:postgres|postgis|pgvector|timescaledb|mysql|mariadb|mongo|redis|valkey|rabbitmq|cassandra"
    r"|zookeeper|neo4j|ghost|flink|influxdb)(?:[:@].*)?"
)
OFFICIAL = re.compile(r"(?:docker\.io/|index\.docker\.io/)?(?:library/)?[^/$]+")
"""Images of Docker's own library, which run as root but for those above."""


@check(
    id="container/root-user",
    title="Container image runs as root",
    severity=Severity.MEDIUM,
    cwe=250,
    owasp=("ASVS-5.0.0-13.2.2", "A05:2021", "A02:2025"),
    controls=("WW-CTR-001",),
    also=(Also("unknown-base", "Container image may run as root", Severity.LOW, variant=True),),
)
def root_user(source: Source) -> Iterator[Finding | Note]:
    """
    Looks for Dockerfiles whose last stage ends as root: by `USER root`, or because nothing sets
    another user. Stages that it builds on count, and so do bases that are known to set a user
    or whose entrypoint gives root up; where nothing is known of the base, the finding is the
    lesser one. Images that install `gosu`, `su-exec` or the like are taken to use it, with a
    note.

    ## Why it matters
    A process that breaks out of its application is root in the container, one kernel or mount
    mistake away from root on the host.

    ## How to fix it
    End the last stage with a user that owns nothing it need not write:

    ```dockerfile
    USER 10001
    ```

    ## References
    - [Docker: best practices, USER](https://docs.docker.com/build/building/best-practices/#user)
    - [OWASP Docker Security, rule 2](https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html)
    - [CWE-250](https://cwe.mitre.org/data/definitions/250.html)
    """
    for file, dockerfile in dockerfiles(source):
        if not dockerfile.stages or _only_exports(stage := dockerfile.stages[-1]):
            continue
        line, reason = _root(stage)
        if not reason:
            continue
        base = stage.lineage[-1].image
        if _drops(stage):
            yield Note(f"{file.path} starts as root and has a program to give it up")
        elif reason == NO_USER and not OFFICIAL.fullmatch(base):
            message = f"The image may run as root: {reason}, and what {base} sets is not known."
            yield root_user.in_file(file.at(line), message, rule="unknown-base")
        else:
            yield root_user.in_file(file.at(line), f"The image runs as root: {reason}.")


def _root(stage: Stage) -> tuple[int, str]:
    """The line that decides and the reason, which is empty when it is not root."""
    for one in stage.lineage:
        for instruction in reversed(one.instructions):
            if instruction.name == "USER":
                user = one.resolve(instruction.value)
                name = user.text.partition(":")[0].strip().lower()
                is_root = name in ADMINISTRATORS or (name.isdecimal() and int(name[:20]) == 0)
                return instruction.line, "its last USER is root" if is_root else ""
    base = stage.lineage[-1]
    if NOT_ROOT.fullmatch(base.image):
        return 0, ""
    starts = any(i.name == "ENTRYPOINT" for one in stage.lineage for i in one.instructions)
    if not starts and DROPS_BY_ITSELF.fullmatch(base.image):
        return 0, ""
    return stage.start.line, NO_USER


def _only_exports(stage: Stage) -> bool:
    """Whether the stage is there for its files: nothing to run, on nothing."""
    names = {i.name for one in stage.lineage for i in one.instructions}
    return stage.lineage[-1].image == "scratch" and not names & {"ENTRYPOINT", "CMD"}


def _drops(stage: Stage) -> bool:
    return any(
        DROPS.search(text)
        for one in stage.lineage
        for instruction in one.instructions
        if instruction.name in ("RUN", "ENTRYPOINT", "CMD", "COPY")
        for text in (instruction.value, *(heredoc.text for heredoc in instruction.heredocs))
    )
