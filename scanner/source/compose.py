"""Compose files: their services with the line of every value, as far as checks look at them.

The format is that of https://docs.docker.com/reference/compose-file/. Anchors, merge keys and
`extends` within the file are resolved, variables take their defaults. What Docker would refuse
becomes a complaint, and the rest is read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from scanner.source.complaint import Complaint
from scanner.source.marked_yaml import Node, NodeReader, Pairs, is_null
from scanner.source.substitute import compose_value

_TOP_LEVEL = {"version", "name", "include", "networks", "volumes", "secrets", "configs", "models"}
_REFERENCE = re.compile(r"\$\{[^{}]*\}|\$\w+")
_WINDOWS_PATH = re.compile(r"(?:[A-Za-z]:)?[\\][^:]*|[A-Za-z]:[\\/][^:]*")


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar with its variables replaced; those that have no default are `missing`.

    `literal` is one that has no variables.
    """

    text: str
    line: int
    column: int
    missing: tuple[str, ...] = ()
    literal: bool = True

    @property
    def is_true(self) -> bool:
        """As compose casts what stands where it wants a boolean."""
        return self.text.strip().lower() in ("true", "yes", "on", "y", "1")


@dataclass(frozen=True, slots=True)
class Port:
    """A published port: `host` is the address it is bound to, empty for every address.

    `container` are the first and last port in the container, or None where a variable says.
    """

    host: str
    container: tuple[int, int] | None
    value: Value

    @property
    def on_every_interface(self) -> bool:
        return self.host in ("", "0.0.0.0", "::", "[::]", "*")  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class Mount:
    """A path of the host, or a volume's name, in the container."""

    source: str
    value: Value


@dataclass(frozen=True, slots=True)
class Service:
    """One service; `line` and `column` are those of its name.

    `elsewhere` is the other file that it extends, which is not read with it. `whole` is false
    for a fragment that only changes a service of another file.
    """

    name: str
    line: int
    column: int
    image: Value | None
    whole: bool
    elsewhere: str
    privileged: Value | None
    api_socket: Value | None
    cap_add: tuple[Value, ...]
    security_opt: tuple[Value, ...]
    environment: tuple[tuple[str, Value], ...]
    build_args: tuple[tuple[str, Value], ...]
    ports: tuple[Port, ...]
    mounts: tuple[Mount, ...]


@dataclass(frozen=True, slots=True)
class Compose:
    services: tuple[Service, ...]
    complaints: tuple[Complaint, ...]


def parse(text: str) -> Compose:
    """Read any text as a compose file. Never raises: what is wrong is in `complaints`."""
    reader = _Reader()
    services: list[Service] = []
    with reader.bounded():
        for document in reader.documents(text):
            services += reader.services(document)
    return Compose(tuple(services), tuple(reader.complaints))


class _Reader(NodeReader):
    def services(self, document: Node) -> Iterator[Service]:
        top = self.pairs(document)
        if "services" not in top:
            if not top.keys() & _TOP_LEVEL and not any(key.startswith("x-") for key in top):
                self.complain(document, "there are no services")
            return
        node = top["services"][1]
        services = {} if is_null(node) else self.pairs(node)
        for name, (key, _) in services.items():
            layers, elsewhere = self.layers(name, services)
            yield self.service(name, key, layers, elsewhere)

    def layers(self, name: str, services: Pairs) -> tuple[list[Pairs], str]:
        """The service's own keys and, before them, those of the services that it extends."""
        layers: list[Pairs] = []
        passed: set[str] = set()
        while name not in passed:
            passed.add(name)
            node = services[name][1]
            own = {} if is_null(node) else self.pairs(node)
            layers.insert(0, own)
            if "extends" not in own:
                return layers, ""
            extends = own["extends"][1]
            if isinstance(extends, yaml.ScalarNode):
                following = extends.value
            else:
                keys = [self.pairs(extends)]
                if (file := self.scalar("file", keys)) is not None:
                    return layers, file.text
                following = service.text if (service := self.scalar("service", keys)) else ""
            if following not in services:
                self.complain(extends, f"extends {following or 'nothing'}, which is not there")
                return layers, ""
            if len(layers) > 50:
                break
            name = following
        self.complain(services[name][0], "extends itself")
        return layers, ""

    def service(self, name: str, key: Node, layers: list[Pairs], elsewhere: str) -> Service:
        build = [layer["build"][1] for layer in layers if "build" in layer]
        built = [self.pairs(node) for node in build if isinstance(node, yaml.MappingNode)]
        return Service(
            name=name,
            line=key.start_mark.line + 1,
            column=key.start_mark.column + 1,
            image=self.scalar("image", layers),
            whole=bool(build) or any("image" in layer for layer in layers) or bool(elsewhere),
            elsewhere=elsewhere,
            privileged=self.scalar("privileged", layers),
            api_socket=self.scalar("use_api_socket", layers),
            cap_add=tuple(self.values("cap_add", layers)),
            security_opt=tuple(self.values("security_opt", layers)),
            environment=tuple(self.variables("environment", layers)),
            build_args=tuple(self.variables("args", built)),
            ports=tuple(self.ports(layers)),
            mounts=tuple(self.mounts(layers)),
        )

    def stacked(self, name: str, layers: list[Pairs]) -> list[Node]:
        """The values of a key in every layer that counts; `!reset` and `!override` as Docker
        has them."""
        nodes: list[Node] = []
        for layer in layers:
            if name in layer:
                node = layer[name][1]
                if node.tag in ("!reset", "!override"):
                    nodes.clear()
                if node.tag != "!reset" and not is_null(node):
                    nodes.append(node)
        return nodes

    def scalar(self, name: str, layers: list[Pairs]) -> Value | None:
        nodes = self.stacked(name, layers)
        return self.value(nodes[-1]) if nodes else None

    def value(self, node: Node) -> Value | None:
        self.spend()
        if not isinstance(node, yaml.ScalarNode):
            self.complain(node, "a single value belongs here")
            return None
        found = compose_value(node.value)
        quoted = node.style in ("'", '"')
        mark = node.start_mark
        literal = found.text == node.value.replace("$$", "$")
        return Value(found.text, mark.line + 1, mark.column + 1 + quoted, found.missing, literal)

    def items(self, name: str, layers: list[Pairs]) -> Iterator[Node]:
        for node in self.stacked(name, layers):
            if isinstance(node, yaml.SequenceNode):
                yield from node.value
            else:
                self.complain(node, f"{name} takes a list")

    def values(self, name: str, layers: list[Pairs]) -> Iterator[Value]:
        for node in self.items(name, layers):
            if (value := self.value(node)) is not None:
                yield value

    def variables(self, name: str, layers: list[Pairs]) -> Iterator[tuple[str, Value]]:
        """Names and values; those that are only passed on have no value and are left out."""
        found: dict[str, Value] = {}
        for node in self.stacked(name, layers):
            if isinstance(node, yaml.MappingNode):
                for key, (_, item) in self.pairs(node).items():
                    if not is_null(item) and (value := self.value(item)) is not None:
                        found[key] = value
                continue
            for item in self.items(name, [{name: (node, node)}]):
                if (value := self.value(item)) is not None and "=" in value.text:
                    key, _, text = value.text.partition("=")
                    place = value.column + len(key) + 1
                    found[key] = replace(value, text=text, column=place)
        yield from found.items()

    def ports(self, layers: list[Pairs]) -> Iterator[Port]:
        for node in self.items("ports", layers):
            if isinstance(node, yaml.MappingNode):
                layer = [self.pairs(node)]
                target, host = self.scalar("target", layer), self.scalar("host_ip", layer)
                if target is None:
                    self.complain(node, "a port takes a target")
                    continue
                yield Port(host.text if host else "", _span(target.text), target)
            elif (value := self.value(node)) is not None:
                host_text, container = _short_port(value.text)
                yield Port(host_text, _span(container), value)

    def mounts(self, layers: list[Pairs]) -> Iterator[Mount]:
        for node in self.items("volumes", layers):
            if isinstance(node, yaml.MappingNode):
                source = self.scalar("source", [self.pairs(node)])
                if source is not None:
                    yield Mount(source.text, source)
            elif (value := self.value(node)) is not None:
                short = _short_mount(value.text)
                if short is not None:
                    yield Mount(short, value)


def _short_port(text: str) -> tuple[str, str]:
    """Address and container port of `[ADDRESS:][PUBLISHED:]CONTAINER[/PROTOCOL]`."""
    plain = _REFERENCE.sub("$", text).partition("/")[0]
    address, _, rest = plain.rpartition("]:") if plain.startswith("[") else ("", "", plain)
    if address:
        return address[1:], rest.rpartition(":")[2]
    parts = rest.rsplit(":", 2)
    return (parts[0] if len(parts) == 3 else ""), parts[-1]


def _span(text: str) -> tuple[int, int] | None:
    first, _, last = text.strip().partition("-")
    if not (first.isascii() and first.isdigit() and len(first) < 6):
        return None
    return int(first), int(last) if last.isascii() and last.isdigit() and len(last) < 6 else int(
        first
    )


def _short_mount(text: str) -> str | None:
    """The source of `SOURCE:TARGET[:MODE]`; a lone target has none."""
    if windows := _WINDOWS_PATH.match(text):
        return windows[0]
    source, colon, _ = _REFERENCE.sub("$", text).partition(":")
    return source if colon else None
