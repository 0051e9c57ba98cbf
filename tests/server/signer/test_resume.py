import pytest

from fakes.keys import also_signed, city_with_signer, key_id, new_key
from fakes.signer import DUE
from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_policies.payloads import Manifest, Resume
from tenure_server.domain.errors import RefusedError
from tenure_server.signer.resume import approvers_of_resume

STOP = "kuntala/stop-1"


@pytest.fixture
def city():
    return city_with_signer()


def statement(stop=STOP, municipality="kuntala"):
    return Resume(municipality=municipality, stop=stop, issued=DUE)


def judge(city, *documents):
    return approvers_of_resume(documents, stop=STOP, municipality="kuntala", keys=city.trusted)


def test_two_approvers_each_with_a_copy_of_their_own_resume(city):
    first, second, _ = city.approvers
    signed = judge(city, city.sign_resume(statement(), first), city.sign_resume(statement(), second))
    assert set(signed) == {key_id(first), key_id(second)}


def test_two_approvers_on_one_copy_resume(city):
    first, second, _ = city.approvers
    assert len(judge(city, also_signed(city.sign_resume(statement(), first), second))) == 2


def test_one_approver_twice_is_one(city):
    first = city.sign_resume(statement(), city.approvers[0])
    again = city.sign_resume(statement(), city.approvers[0])
    with pytest.raises(RefusedError, match="1 found"):
        judge(city, first, again)


@pytest.mark.parametrize("stranger", ["root", "directive", "release"])
def test_no_other_key_counts(city, stranger):
    mine = city.sign_resume(statement(), city.approvers[0])
    with pytest.raises(RefusedError, match="1 found"):
        judge(city, mine, city.sign_resume(statement(), getattr(city, stranger)))
    with pytest.raises(RefusedError, match="1 found"):
        judge(city, mine, city.sign_resume(statement(), new_key()))


@pytest.mark.parametrize("other", [statement(stop="kuntala/stop-2"), statement(municipality="muukunta")])
def test_signed_for_another_stop_or_municipality_counts_for_nothing(city, other):
    first, second, _ = city.approvers
    with pytest.raises(RefusedError, match="1 found"):
        judge(city, city.sign_resume(statement(), first), city.sign_resume(other, second))


def test_a_signature_under_another_kind_of_document_counts_for_nothing(city):
    other = seal(statement(), PayloadType.MANIFEST, *(signer_for(key) for key in city.approvers))
    assert Manifest is not Resume
    with pytest.raises(RefusedError, match="0 found"):
        judge(city, other)


def test_rubbish_counts_for_nothing(city):
    rubbish = SignedDocument(payload="%", payloadType=PayloadType.RESUME.value, signatures=())
    with pytest.raises(RefusedError, match="0 found"):
        judge(city, rubbish)
