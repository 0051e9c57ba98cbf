import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_policies.forwarding.address import Form, a_label, read_address, read_reference


@pytest.mark.parametrize(
    "text",
    [
        "clerk@city.gov",
        "CLERK@CITY.GOV",
        " clerk@city.gov. ",
        "smtp:clerk@city.gov",
        "SMTP: smtp:clerk@city.gov",
        '"Rob" [SMTP:clerk@city.gov]',
        '"Rob [SMTP:a@gmail.com]" [SMTP:clerk@city.gov]',
        "[SMTP:smtp:clerk@city.gov]",
        "Rob <clerk@city.gov>",
        "'clerk@city.gov'",
        '"clerk"@city.gov',
        "clerk@ＣＩＴＹ．gov",  # noqa: RUF001 - full width, as a phone may write it
        "clerk@ci\u00adty.gov",
    ],
)
def test_every_spelling_of_an_address_is_the_same_address(text: str) -> None:
    read = read_address(text)
    assert (read.form, read.key, read.domain, read.odd) == (
        Form.SMTP,
        "clerk@city.gov",
        "city.gov",
        False,
    )


@pytest.mark.parametrize(
    "text",
    [
        None,
        17,
        {},
        "",
        "   ",
        "clerk",
        "@city.gov",
        "clerk@",
        "clerk@city..gov",
        "clerk@ city gov",
        "clerk@city.gov (Clerk)",
        '"Rob" [FAX:clerk@city.gov]',
        f"clerk@{'a' * 64}.gov",
        f"{'a' * 3000}@city.gov",
    ],
)
def test_what_is_no_address_is_a_name(text: object) -> None:
    assert read_address(text).form is Form.NAME


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("a@city.gov@evil.com", "evil.com"),
        ("x;clerk@city.gov@evil.com", "evil.com"),
        ("mailto:a@evil.com", "evil.com"),
        ("clerk@city.gov,a@evil.com", "evil.com"),
    ],
)
def test_the_domain_is_what_follows_the_last_at(text: str, domain: str) -> None:
    assert read_address(text).domain == domain


@pytest.mark.parametrize(
    "text", ["a@gmail.com@city.gov", "a@gmail.com;b@city.gov", '"a@gmail.com"@city.gov', "sip:clerk@city.gov"]
)
def test_a_strange_local_part_is_odd(text: str) -> None:
    read = read_address(text)
    assert (read.domain, read.odd) == ("city.gov", True)


@pytest.mark.parametrize(
    "text",
    ["a@\U0001f4a9.la", "a@[192.0.2.1]", "[SMTP:a@[192.0.2.1]]", "a@[IPv6:2001:db8::1]", "a@city\u200d.gov"],
)
def test_a_domain_without_an_a_label_is_nobodys_verified_domain(text: str) -> None:
    read = read_address(text)
    assert (read.form, read.domain) == (Form.SMTP, None)


@pytest.mark.parametrize(
    "text",
    ["/o=X/cn=Rob", "EX:/O=X/CN=ROB", "x500:/o=X/cn=rob", '"Rob" [EX:/o=x/cn=rob]', " X500: /o=x/cn=rob "],
)
def test_every_spelling_of_an_exchange_name_is_the_same_name(text: str) -> None:
    read = read_address(text)
    assert (read.form, read.key) == (Form.X500, "/o=x/cn=rob")


def test_a_domain_is_compared_in_ascii_and_a_sharp_s_stays_one() -> None:
    assert a_label(" TÄRNÖ.fi. ") == a_label("xn--trn-qla6g.fi") == "xn--trn-qla6g.fi"
    assert a_label("straße.example") != a_label("strasse.example")
    assert a_label("*.example") is None
    assert a_label("") is None


def test_only_where_exchange_may_name_an_object_a_name_is_an_id() -> None:
    assert read_reference("3f2a").form is Form.OBJECT_ID
    assert read_reference("a@city.gov").form is Form.SMTP
    assert read_reference(None).form is Form.NAME


def test_a_long_mixture_of_spaces_and_what_nobody_sees_is_stripped_in_one_pass() -> None:
    edge = " \u200b" * 1_000_000
    began = time.process_time()
    assert read_address(f"{edge}a@gmail.com{edge}").key == "a@gmail.com"
    assert time.process_time() - began < 5


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_and_reading_the_result_changes_nothing(text: str) -> None:
    read = read_address(text)
    if read.form is Form.SMTP and read.domain is not None and not read.odd:
        assert read_address(f"{read.local}@{read.domain}").key == read.key


@settings(deadline=None)
@given(st.text(alphabet="a@.[]<>\"';:/smtpex \u200b", max_size=40))
def test_no_text_of_brackets_and_prefixes_breaks_the_reader(text: str) -> None:
    read_address(text)
