import pytest

from tenure_server.domain.errors import InputError
from tenure_server.signer.server_http import open_http


@pytest.mark.parametrize(
    "address", ["", "tenure.example", "ftp://tenure.example", "https://", "https://tenure.example/app"]
)
def test_an_address_that_is_none_is_refused_with_an_example(address):
    with pytest.raises(InputError, match=r"https://tenure\.example\.fi"):
        open_http(address)


def test_plain_http_is_for_this_machine_only():
    with pytest.raises(InputError, match="plain http"):
        open_http("http://tenure.example")
    for address in ("http://localhost:8420", "http://127.0.0.1:8420", "http://[::1]:8420/"):
        open_http(address).close()


def test_certificates_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.pem"):
        open_http("https://tenure.example", ca_file=str(tmp_path / "absent.pem"))
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(InputError, match=r"empty\.pem"):
        open_http("https://tenure.example", ca_file=str(tmp_path / "empty.pem"))
