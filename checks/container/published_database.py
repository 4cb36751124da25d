from __future__ import annotations

import re
from collections.abc import Iterator

from scanner import Finding, Note, Severity, Source, check
from scanner.source.compose import Port, Service
from scanner.source.containers import services

STORES = re.compile(
    r"(?:postgres(?:ql)?|postgis|pgvector|timescaledb|mysql|mariadb|percona|mongo(?:db)?|redis|"
    r"redis-stack(?:-server)?|valkey|keydb|memcached|elasticsearch|opensearch|cassandra|scylla|"
    r"couchdb|couchbase|influxdb|neo4j|clickhouse(?:-server)?|cockroach|etcd|solr|rethinkdb|"
    r"arangodb|rabbitmq|mssql|adminer|phpmyadmin|pgadmin4?|mongo-express|redis-commander|"
    r"redisinsight)(?:-(?:server|alpine|oss|ce|ee|enterprise|cluster|sentinel|ha|repmgr|galera))*"
)
PORTS = {
    1433: "SQL Server",
    1521: "Oracle",
    2379: "etcd",
    3306: "MySQL",
    5432: "PostgreSQL",
    5984: "CouchDB",
    6379: "Redis",
    7687: "Neo4j",
    9042: "Cassandra",
    9200: "Elasticsearch",
    11211: "memcached",
    15672: "RabbitMQ's administration",
    26257: "CockroachDB",
    27017: "MongoDB",
}
DEVELOPMENT = re.compile(r".*[._-](?:dev|devel|development|local|tests?)[._-].*", re.IGNORECASE)


@check(
    id="container/published-database",
    title="Database published to the network",
    severity=Severity.MEDIUM,
    cwe=668,
    owasp=("ASVS-5.0.0-13.2.4", "API8:2023", "A05:2021", "A02:2025"),
    controls=("WW-NET-001", "WW-NET-003"),
)
def published_database(source: Source) -> Iterator[Finding | Note]:
    """
    Looks for compose services that publish a port of a database, cache or its administration
    on every interface, known by the image's name or by the container's port. A port that is
    bound to an address such as `127.0.0.1`, or only exposed to other services, is fine. Files
    that say by their name that they are for development are left alone, with a note.

    ## Why it matters
    Docker opens published ports past the host's firewall (ufw does not see them). On a machine
    with a public address the database then stands on the internet, often with its default
    password or none.

    ## How to fix it
    Remove `ports`: other services reach it by its name. To reach it from the host alone:

    ```yaml
    ports: ["127.0.0.1:5432:5432"]
    ```

    ## References
    - [Docker: published ports and firewalls](https://docs.docker.com/engine/network/packet-filtering-firewalls/)
    - [CWE-668](https://cwe.mitre.org/data/definitions/668.html)
    """
    for file, service in services(source):
        for port in service.ports:
            what = _what(service, port)
            if not what or not port.on_every_interface:
                continue
            if DEVELOPMENT.fullmatch(file.name) or source.is_test(file.path):
                yield Note(f"{file.path}: {service.name} publishes {what}, for development only")
            else:
                yield published_database.in_file(
                    file.at(port.value.line, port.value.column),
                    f"The service {service.name} publishes {what} on every interface.",
                )


def _what(service: Service, port: Port) -> str:
    """What answers behind the port, or nothing where it is no database."""
    first, last = port.container or (0, -1)
    for number, name in PORTS.items():
        if first <= number <= last:
            return f"{name} (port {number})"
    if service.image is None:
        return ""
    *_, name = re.split("[@:]", service.image.text.rpartition("/")[2])[:1]
    parents = service.image.text.split("/")[:-1]
    if STORES.fullmatch(name) or (name == "server" and parents[-1:] == ["mssql"]):
        return name
    return ""
