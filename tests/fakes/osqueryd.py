"""A local osqueryd: a real thrift server on a unix socket, speaking the bindings' ExtensionManager interface.

It answers SQL from an in-memory SQLite database, every value as text, as osqueryd does. It can also
misbehave: `hang`, `garbage`, `hang_up`, `fail`.
"""

import socket
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from osquery.extensions.ExtensionManager import Processor
from osquery.extensions.ttypes import ExtensionResponse, ExtensionStatus
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TTransportException

Tables = Mapping[str, Sequence[Mapping[str, object]]]


class FakeOsqueryd:
    """Serves tables on a socket until its `with` block ends."""

    def __init__(self, path: Path, tables: Tables, behaviour: str = "answer") -> None:
        self.asked: list[str] = []
        self._behaviour = behaviour
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._fill({**tables, "osquery_registry": [_registered(name) for name in tables]})
        # Not thrift's own TServerSocket: it leaks a socket in `listen`.
        self._listener = socket.socket(socket.AF_UNIX)
        self._path = path
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "FakeOsqueryd":
        self._listener.bind(str(self._path))
        self._listener.listen()
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        with suppress(OSError):
            # Closing alone does not wake a thread that waits in `accept`.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)
        self._database.close()

    # The interface's own method name and shape.
    def query(self, sql: str) -> ExtensionResponse:
        self.asked.append(sql)
        if self._behaviour == "fail":
            return ExtensionResponse(status=ExtensionStatus(code=1, message="no such thing", uuid=1))
        with self._lock:
            cursor = self._database.execute(sql)
            names = [column[0] for column in cursor.description]
            found = [dict(zip(names, map(_text, row), strict=True)) for row in cursor]
        # osqueryd's rows are maps: the query's order of columns is lost.
        rows = [dict(sorted(row.items())) for row in found]
        return ExtensionResponse(status=ExtensionStatus(code=0, message="OK", uuid=1), response=rows)

    def _fill(self, tables: Tables) -> None:
        for name, rows in tables.items():
            columns = list(rows[0])
            self._database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            marks = ", ".join("?" for _ in columns)
            for row in rows:
                values = [row[column] for column in columns]
                self._database.execute(f"INSERT INTO {name} VALUES ({marks})", values)  # noqa: S608

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):
                handle, _ = self._listener.accept()
                client = TSocket()
                client.setHandle(handle)
                self._start(self._serve, client)

    def _serve(self, client: TSocket) -> None:
        protocol = TBinaryProtocol(TBufferedTransport(client))
        processor = Processor(self)
        try:
            if self._behaviour == "hang":
                self._ended.wait(30)
            elif self._behaviour == "garbage":
                client.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10)
                self._ended.wait(1)
            elif self._behaviour != "hang_up":
                while True:
                    processor.process(protocol, protocol)
        except (TTransportException, OSError):
            pass
        finally:
            client.close()


def _registered(name: str) -> dict[str, object]:
    return {"registry": "table", "name": name, "active": 1}


def _text(value: object) -> str:
    return "" if value is None else str(value)
