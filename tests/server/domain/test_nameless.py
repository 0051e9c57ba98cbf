"""What lasts names nobody."""

from datetime import UTC, datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.mapped_table import provisional_id
from tenure_server.domain.nameless import nameless

AINO = provisional_id("Esimerkki", "Aino", "aino@home.example")
NO_MAIL = provisional_id("Esimerkki", "Aino", "")
NOW = datetime(2029, 6, 1, tzinfo=UTC)


def test_an_id_that_was_made_of_a_name_is_told_by_its_digest() -> None:
    assert nameless(AINO) == nameless(AINO) != nameless(NO_MAIL)
    assert nameless(AINO).startswith("name:")
    assert not any(word in nameless(AINO) for word in ("esimerkki", "aino", "@"))


def test_so_is_whatever_is_named_after_it() -> None:
    for person in (AINO, NO_MAIL):
        assert nameless(f"{person}/00001") == f"{nameless(person)}/00001"
        assert nameless(f"L1/{person}/2029-06-01") == f"L1/{nameless(person)}/2029-06-01"
        assert nameless(f"kuntala-{person}") == f"kuntala-{nameless(person)}"


def test_every_other_id_stays_as_it_is() -> None:
    for text in ("1234", "Board/ordinary", "KV 4 §", "block_sign_in/1234/2029-06-01T00:00:00+00:00"):
        assert nameless(text) == text


def test_the_log_keeps_it_neither_as_a_subject_nor_in_a_field() -> None:
    logged = entry(NOW, AuditKind.ACCOUNT_STEP, AINO, step=f"{AINO}/00001", verb="block_sign_in")
    assert "esimerkki" not in str(logged)
    assert logged.fields["step"] == f"{logged.subject}/00001"
