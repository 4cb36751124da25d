"""The connections that wait for their next request."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque

from scanner.wire.connection import Connection
from scanner.wire.outgoing import Origin


class Pool:
    """Idle connections by origin, the last one used first, the oldest of all given up first.

    Every operation is O(1) but the rare loss of an idle connection.
    """

    def __init__(self, max_idle: int) -> None:
        self._max_idle = max_idle
        self._idle: defaultdict[Origin, deque[Connection]] = defaultdict(deque)
        self._by_age: OrderedDict[Connection, Origin] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_age)

    def take(self, origin: Origin, *, idle_since: float) -> Connection | None:
        """The last used connection to `origin`, if it was put here at `idle_since` or later."""
        stack = self._idle[origin]
        while stack and stack[-1].idle_since >= idle_since:
            connection = stack.pop()
            del self._by_age[connection]
            if not connection.closed:
                return connection
        return None

    def put(self, origin: Origin, connection: Connection) -> None:
        self._idle[origin].append(connection)
        self._by_age[connection] = origin
        if len(self._by_age) > self._max_idle:
            oldest = next(iter(self._by_age))
            self.lost(oldest)
            oldest.abort()

    def lost(self, connection: Connection) -> None:
        """Forgets a connection that has ended; one that is not here is none of its business."""
        origin = self._by_age.pop(connection, None)
        if origin is not None:
            self._idle[origin].remove(connection)
