from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.plan import Desired
from tenure_server.usecases.mail_views import MailFilter, Standing
from tenure_server.usecases.views import Attention, LaptopFilter, Reported
from tenure_server.web.dashboard.presenters import addresses
from tenure_server.web.dashboard.presenters.addresses import laptop, listing, query, wanted

FILTERS = st.builds(
    LaptopFilter,
    text=st.text(max_size=100).map(str.strip),
    desired=st.none() | st.sampled_from(Desired),
    reported=st.none() | st.sampled_from(Reported),
    attention=st.none() | st.sampled_from(Attention),
    ending_days=st.none() | st.integers(1, 3660),
)


@given(FILTERS.filter(lambda it: "\ud800" not in it.text and it.text.isprintable()))
def test_a_filter_comes_back_from_its_own_address(asked):
    assert wanted(dict(parse_qsl(query(asked), keep_blank_values=True))) == asked


@given(
    st.dictionaries(
        st.sampled_from(["text", "desired", "reported", "attention", "ending", "other"]), st.text()
    )
)
def test_any_query_is_read_as_some_filter(asked):
    read = wanted(asked)
    assert len(read.text) <= 100
    assert read.ending_days is None or 1 <= read.ending_days <= 3660


@pytest.mark.parametrize("days", ["0", "-1", "99999", "1.5", "٣", "", "1e3", "²"])
def test_days_that_are_no_days_are_not_asked(days):
    assert wanted({"ending": days}) == LaptopFilter()


def test_the_whole_list_has_a_plain_address():
    assert listing(LaptopFilter()) == "/laptops"


def test_a_serial_cannot_leave_its_place_in_the_address():
    assert laptop("../x?y#z") == "/laptops/..%2Fx%3Fy%23z"


@pytest.mark.parametrize(
    "wanted",
    [
        MailFilter(),
        MailFilter(text="Åsa & Örjan", standing=Standing.VIOLATION, page=7),
        MailFilter(standing=Standing.NOT_LOOKED_AT),
    ],
)
def test_a_filter_of_mailboxes_survives_the_way_through_the_address(wanted):
    assert addresses.wanted_mail(dict(parse_qsl(addresses.mail_query(wanted)))) == wanted


def test_an_id_of_the_register_is_one_part_of_the_path():
    assert addresses.mailbox("a/b?c") == "/mail/a%2Fb%3Fc"
