"""httpx2 as msal uses it: msal puts bytes into forms, which httpx2 would write as Python writes them."""

from typing import Any

import httpx2


class SignInHttp(httpx2.Client):
    """A client whose forms may hold bytes."""

    def post(self, url: httpx2.URL | str, **kwargs: Any) -> httpx2.Response:
        """Send a form or a body; see `httpx2.Client.post`."""
        data = kwargs.get("data")
        if isinstance(data, dict):
            kwargs["data"] = {name: _text(value) for name, value in data.items()}
        return super().post(url, **kwargs)


def _text(value: Any) -> Any:
    return value.decode("ascii") if isinstance(value, bytes) else value
