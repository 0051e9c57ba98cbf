"""Which notices a person is to be sent, about what, until when they make sense, and by which way."""

from dataclasses import replace

from fakes.city import City, instant
from tenure_server.domain.due_notices import DueNotice, Told, channel_of, notices
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.loan import Loan
from tenure_server.domain.mandate import Person
from tenure_server.domain.notice import Channel
from tenure_server.domain.notice_template import TemplateKey
from tenure_server.domain.return_receipt import Part, ReturnReceipt

LEAVER = City().seat("a", until="2029-05-31").laptop("L", "a")
A, B = PersonId("a"), PersonId("b")
BOTH = Person(id=A, given_name="A", family_name="E", email_city="a@x.fi", email_private="a@y.fi")


def of(city: City, at: str, told: Told | None = None) -> dict[str, DueNotice]:
    found = notices(city.facts(), city.plan(at), told or Told())
    return {one.key: one for one in found}


def test_each_notice_makes_sense_until_the_next_or_until_what_it_announces() -> None:
    found = of(LEAVER, "2029-05-01")
    assert {key: one.expires for key, one in found.items()} == {
        "T-30": found["T-14"].at,
        "T-14": found["T-7"].at,
        "T-7": found["T-1"].at,
        "T-1": instant("2029-06-01"),
        "T+7": found["T+21"].at,
        "T+21": instant("2029-07-03"),
        "M-7": instant("2029-07-03"),
    }
    assert {one.about for key, one in found.items() if key != "M-7"} == {instant("2029-06-01")}


def test_another_end_is_another_notice() -> None:
    later = City().seat("a", until="2029-08-31").laptop("L", "a")
    first, second = of(LEAVER, "2029-05-01"), of(later, "2029-05-01")
    assert not {one.id for one in first.values()} & {one.id for one in second.values()}


def test_whoever_has_booked_is_not_reminded_to_book() -> None:
    assert "T-14" not in of(LEAVER, "2029-05-18", Told(booked=frozenset({A})))
    assert "T-7" in of(LEAVER, "2029-05-18", Told(booked=frozenset({A})))


def test_an_own_device_user_is_told_about_the_choice_and_the_same_tomorrow() -> None:
    city = City().seat("a", choice="own", since="2027-03-01").laptop("L", "a", since="2025-06-02")
    today, tomorrow = of(city, "2027-03-02")["own-device"], of(city, "2027-03-03")["own-device"]
    assert today.id == tomorrow.id
    assert today.about == instant("2027-03-01")


def test_a_receipt_says_what_is_missing_and_is_given_to_the_living_only() -> None:
    moment = "2029-03-01T10:00:00+02:00"
    city = City().seat("a", until="2029-05-31").device("L")
    city.hand_over("L", "a", since="2025-06-02", until=moment, reason="returned")
    city.hand_over("L", since=moment, holder_type="stock")
    paper = ReturnReceipt(
        number="1", serial=Serial("L"), moment=instant(moment), registered_at=instant(moment),
        holder_type=city.custody[0].holder_type, holder="a", into=city.custody[1].holder_type,
        condition="ehjä", missing=(Part.CHARGER,),
    )  # fmt: skip
    assert of(city, "2029-03-02")["receipt"].template is TemplateKey.RECEIPT
    found = of(city, "2029-03-02", Told(receipts=(paper,)))["receipt"]
    assert (found.template, found.condition) == (TemplateKey.RECEIPT_PARTS, "ehjä")
    assert "receipt" not in of(city, "2029-04-02"), "a month later a receipt by mail says nothing new"
    city.hold("a", since="2029-03-02")
    assert "receipt" not in of(city, "2029-03-03")
    dead = City().seat("a", until="2029-03-01", basis="death").device("L")
    dead.hand_over("L", "a", since="2025-06-02", until="2029-03-03", reason="returned")
    assert of(dead, "2029-03-04") == {}


def test_both_sides_of_a_loan_are_reminded_in_their_own_words() -> None:
    city = City().seat("a").seat("b", seat="deputy").laptop("L", "a").lend("L", "b", since="2027-03-01")
    loan = Loan(
        serial=Serial("L"), lender=A, borrower=B, start=instant("2027-03-01"), until=instant("2027-03-05"),
        lender_confirmed_at=instant("2027-03-01"), borrower_confirmed_at=instant("2027-03-01"),
    )  # fmt: skip
    found = notices(city.facts(), city.plan("2027-03-06"), Told(loans=(loan,)))
    assert [(one.person, one.template, one.other) for one in found] == [
        ("a", TemplateKey.LOAN_OVERDUE_HOLDER, "b"),
        ("b", TemplateKey.LOAN_OVERDUE_BORROWER, "a"),
    ]
    city.hold("b", since="2027-03-05")
    silenced = notices(city.facts(), city.plan("2027-03-06"), Told(loans=(loan,)))
    assert [one.person for one in silenced] == ["a"]


def test_two_laptops_are_one_notice_and_an_unknown_price_makes_the_sum_unknown() -> None:
    city = City().seat("a", until="2029-05-31")
    city.device("L1", purchase_price_eur=100, purchase_price_vat_eur=124).hand_over(
        "L1", "a", since="2025-06-02"
    )
    one = of(city, "2029-05-01")["T+7"]
    assert (one.laptops, one.amount) == (("L1",), 124)
    city.device("L2").hand_over("L2", "a", since="2025-06-02")
    both = of(city, "2029-05-01")["T+7"]
    assert (both.laptops, both.amount) == (("L1", "L2"), None)


def test_the_private_address_is_for_those_who_can_sign_in_no_more() -> None:
    before = LEAVER.person_at("a", "2029-05-31")
    after = LEAVER.person_at("a", "2029-06-01")
    now, then = instant("2029-05-31"), instant("2029-06-01")
    assert channel_of(BOTH, before, now) is Channel.CITY
    assert channel_of(BOTH, after, then) is Channel.PRIVATE
    assert channel_of(replace(BOTH, email_city=""), before, now) is Channel.NONE
    assert channel_of(replace(BOTH, email_private=""), after, then) is Channel.NONE
    assert channel_of(replace(BOTH, email_city="a@x.fi,b@x.fi"), before, now) is Channel.NONE
