"""A command line whose requests reach a server without a socket."""

import pytest
from click.testing import CliRunner

from fakes.courier_server import LoopThread, bridge, courier_server
from fakes.keys import City, city_without_signer
from fakes.signer import Laptop, manifest_of
from tenure_policies.payloads import Profile
from tenure_server.adapters.keys import private_pem, write_new_file
from tenure_server.cli import main

SERVER = "https://tenure.example"


class Town:
    """A municipality after its first start: a server, the exported root key, and a shell."""

    def __init__(self, folder, loop, server):
        self.folder, self.loop, self.server = folder, loop, server
        self.city: City = server.city
        write_new_file(folder / "root.pem", private_pem(self.city.root, None))

    def run(self, *words, code=0, input=None):  # noqa: A002
        """Run a command and return its result."""
        result = CliRunner().invoke(
            main, ["--language", "en", *map(str, words)], input=input, catch_exceptions=False
        )
        assert result.exit_code == code, (words, result.output, result.stderr)
        return result

    def keygen(self, name):
        """Make an approver's key; return its file."""
        self.run("approve", "keygen", "--out", self.folder / f"{name}.pem", "--no-passphrase")
        return self.folder / f"{name}.pem"

    def ceremony(self, *extra, code=0):
        """Make two approvers and hold the key ceremony."""
        for name in ("mayor", "clerk"):
            if not (self.folder / f"{name}.pem").exists():
                self.keygen(name)
        return self.run(
            "signer",
            "init",
            "--directory",
            self.folder / "signer",
            "--server",
            SERVER,
            "--root-key",
            self.folder / "root.pem",
            "--approver",
            self.folder / "mayor.pub.pem",
            "--approver",
            self.folder / "clerk.pub.pem",
            *extra,
            code=code,
        )

    def prepare(self, *laptops: Laptop, **facts):
        """Enrol and lock laptops and put them on a draft."""
        for laptop in laptops:
            laptop.receipts.append(laptop.receipt())
        self.loop.run(self.server.enrol(*laptops))
        manifest = manifest_of(*laptops, **facts)
        self.loop.run(self.server.prepare(manifest))
        return manifest

    def releases(self):
        """Return the releases that the server has."""

        async def read():
            async with self.server.store.reading() as tx:
                return list(await tx.campaigns.releases())

        return self.loop.run(read())


@pytest.fixture(params=[Profile.PRODUCTION])
def town(tmp_path, monkeypatch, request):
    loop = LoopThread()
    opening = courier_server(tmp_path, city_without_signer(profile=request.param))
    server = loop.run(opening.__aenter__())
    app = loop.run(server.app())
    for module in ("key_options", "signer"):
        monkeypatch.setattr(
            f"tenure_server.cli.{module}.open_http", lambda address, ca_file=None: bridge(loop, app, address)
        )
    try:
        yield Town(tmp_path, loop, server)
    finally:
        loop.run(opening.__aexit__(None, None, None))
        loop.close()
