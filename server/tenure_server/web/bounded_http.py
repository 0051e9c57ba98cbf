"""HTTP as uvicorn reads it with httptools, which by itself takes in headers without end."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADER_BYTES = 64 * 1024
"""As much as uvicorn's other reader takes; ours and any proxy's fit in a tenth of it."""


class BoundedHttp(HttpToolsProtocol):
    """One connection; closed when its headers do not come to an end."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_headers = True
        self._header_bytes = 0
        self._began_here = False

    def data_received(self, data: bytes) -> None:
        """Read on, unless all that came so far was headers."""
        self._began_here = False
        super().data_received(data)
        if self._in_headers and not self._began_here:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
                self.send_400_response("The headers are too long.")

    def on_headers_complete(self) -> None:
        """Stop counting."""
        self._in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Count the next request's."""
        self._in_headers, self._header_bytes, self._began_here = True, 0, True
        super().on_message_complete()
