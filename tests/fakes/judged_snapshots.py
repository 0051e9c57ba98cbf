"""What the product says of a snapshot: by the command, or by what the command calls."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner, Result

from tenure_policies.forwarding.judge import judge
from tenure_server.adapters.files.tenant_file import parse_tenant
from tenure_server.cli import main
from tenure_server.cli.mail_judge import judgement_document


def judged(tenant: Mapping[str, Any]) -> dict[str, Any]:
    """Judge a snapshot by the product, as the command does, without a file."""
    parsed = parse_tenant(json.dumps(tenant).encode(), "tenant.json")
    document: dict[str, Any] = json.loads(_encoded(judgement_document(judge(parsed.book, parsed.mailboxes))))
    return document


def _encoded(document: dict[str, Any]) -> bytes:
    return msgspec.json.encode(document)


def told(folder: Path, tenant: Mapping[str, Any] | bytes, *words: str) -> Result:
    """Run `tenure mail judge` on a snapshot."""
    file = folder / "tenant.json"
    file.write_bytes(tenant if isinstance(tenant, bytes) else json.dumps(tenant).encode())
    arguments = ["--language", "en", "mail", "judge", "--tenant", str(file), *words]
    return CliRunner().invoke(main, arguments, catch_exceptions=False)
