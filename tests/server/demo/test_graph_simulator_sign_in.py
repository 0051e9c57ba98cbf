"""The simulated sign-in, asked by the real msal."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import jwt
import msal
import pytest

from fakes.graph_simulator import RunningSimulator, SimulatedTenant, running
from fakes.graph_simulator.signing_in import (
    SCOPE,
    application,
    calling,
    make_key,
    public_application,
    session,
)

RULES = "https://graph.microsoft.com/MailboxSettings.ReadWrite"
UPN = "aino.kuuraluhta@rantala.example"
KEY = make_key()
ANOTHER_KEY = make_key()


@pytest.fixture
def tenant() -> SimulatedTenant:
    made = SimulatedTenant(device_code_interval_seconds=1)
    made.add_user(UPN, display_name="Aino Kuuraluhta")
    made.register_app("server", certificate=KEY.certificate, roles={"User.Read.All"})
    made.register_public_client("laptop")
    return made


@pytest.fixture
def simulator(tenant: SimulatedTenant) -> Iterator[RunningSimulator]:
    with running(tenant) as made:
        yield made


def codes(answer: dict[str, Any]) -> list[int]:
    return list(answer["error_codes"])


def test_a_certificate_signs_in_and_the_token_opens_graph(simulator: RunningSimulator) -> None:
    app = application(simulator, "server", KEY.credential)
    answer = app.acquire_token_for_client([SCOPE])
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["roles"] == ["User.Read.All"]
    assert claims["tid"] == simulator.tenant_id
    assert [
        user["userPrincipalName"]
        for user in calling(simulator, answer["access_token"]).get("/users").json()["value"]
    ] == [UPN]
    assert app.acquire_token_for_client([SCOPE])["token_source"] == "cache"


def test_a_certificate_that_is_not_registered_is_refused(simulator: RunningSimulator) -> None:
    answer = application(simulator, "server", ANOTHER_KEY.credential).acquire_token_for_client([SCOPE])
    assert codes(answer) == [700027]
    assert answer["error"] == "invalid_client"


def test_an_expired_certificate_is_refused(simulator: RunningSimulator) -> None:
    old = make_key(days=10, starts=datetime.now(UTC) - timedelta(days=20))
    simulator.tenant.register_app("old", certificate=old.certificate)
    assert codes(application(simulator, "old", old.credential).acquire_token_for_client([SCOPE])) == [1000502]


def test_an_assertion_is_for_this_tenant_application_and_time_and_where_wanted_for_once(
    simulator: RunningSimulator,
) -> None:
    url = f"{simulator.tenant_authority}/oauth2/v2.0/token"
    certificate = simulator.tenant.apps["server"].certificates[0]

    def ask(**changes: Any) -> tuple[int, dict[str, Any]]:
        from tenure_server.demo.graph_simulator.tokens import certificate_thumbprint

        now = int(time.time())
        claims = {"aud": url, "iss": "server", "sub": "server", "jti": "one", "nbf": now, "exp": now + 60}
        assertion = jwt.encode(
            {**claims, **changes},
            KEY.private,
            algorithm="PS256",
            headers={"x5t#S256": certificate_thumbprint(certificate)},
        )
        form = {
            "grant_type": "client_credentials",
            "client_id": "server",
            "scope": SCOPE,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }
        answer = session(simulator).post(url, data=form)
        return answer.status_code, answer.json()

    assert [ask()[0], ask()[0]] == [200, 200]
    simulator.tenant.assertions_count_once = True
    assert codes(ask()[1]) == [50013]
    assert codes(ask(jti="two", aud="https://login.example/token")[1]) == [700023]
    assert codes(ask(jti="three", exp=int(time.time()) - 5)[1]) == [700024]
    assert codes(ask(jti="four", iss="another")[1]) == [50013]
    assert ask(jti="five")[0] == 200


def test_a_secret_signs_in_until_it_expires(simulator: RunningSimulator) -> None:
    app = simulator.tenant.register_app("trying", secret="right")
    assert "access_token" in application(simulator, "trying", "right").acquire_token_for_client([SCOPE])
    assert codes(application(simulator, "trying", "wrong").acquire_token_for_client([SCOPE])) == [7000215]
    app.secrets["right"] = datetime.now(UTC) - timedelta(days=1)
    assert codes(application(simulator, "trying", "right").acquire_token_for_client([SCOPE])) == [7000222]


def test_a_wrong_tenant_and_a_wrong_client_id_are_said(simulator: RunningSimulator) -> None:
    assert codes(application(simulator, "nobody", "secret").acquire_token_for_client([SCOPE])) == [700016]
    wrong = f"{simulator.authority}/9a3e9d10-52c4-4b8e-9f6d-2c1b0a9e8d7f"
    with pytest.raises(ValueError, match="authority configuration"):
        msal.ConfidentialClientApplication(
            "server",
            client_credential="x",
            authority=wrong,
            instance_discovery=False,
            http_client=session(simulator),
        )


def test_a_person_signs_in_by_device_code_and_silently_afterwards(simulator: RunningSimulator) -> None:
    app = public_application(simulator, "laptop")
    flow = app.initiate_device_flow([RULES])
    simulator.tenant.approve_device_code(flow["user_code"], UPN)
    answer = app.acquire_token_by_device_flow(flow)
    assert answer["id_token_claims"]["preferred_username"] == UPN
    (account,) = app.get_accounts()
    assert account["username"] == UPN
    assert app.acquire_token_silent([RULES], account)["access_token"] == answer["access_token"]
    fresh = app.acquire_token_silent([RULES], account, force_refresh=True)
    assert fresh["access_token"] != answer["access_token"]
    rules = calling(simulator, fresh["access_token"]).get("/me/mailFolders/inbox/messageRules")
    assert rules.json()["value"] == []
    assert simulator.tenant.log[-1].who == UPN


def test_a_code_waits_slows_down_is_declined_and_expires(simulator: RunningSimulator) -> None:
    app = public_application(simulator, "laptop")

    def once(flow: dict[str, Any]) -> str:
        flow["latest_attempt_at"] = 0  # else msal itself warns of polling too fast
        return str(app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)["error"])

    flow = app.initiate_device_flow([RULES])
    assert once(flow) == "authorization_pending"
    assert once(flow) == "slow_down"
    simulator.tenant.decline_device_code(flow["user_code"])
    assert once(flow) == "authorization_declined"
    simulator.tenant.device_code_seconds = 0
    late = {**app.initiate_device_flow([RULES]), "expires_at": time.time() + 60}
    assert once(late) == "expired_token"
    assert once({**late, "device_code": "invented"}) == "bad_verification_code"


def test_a_device_code_is_not_for_an_application_with_a_key(simulator: RunningSimulator) -> None:
    app = public_application(simulator, "server")
    flow = app.initiate_device_flow([RULES])
    assert codes(app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)) == [7000218]


def test_a_scope_without_consent_is_refused(simulator: RunningSimulator) -> None:
    app = public_application(simulator, "laptop")
    flow = app.initiate_device_flow(["https://graph.microsoft.com/Mail.Read"])
    simulator.tenant.approve_device_code(flow["user_code"], UPN)
    answer = app.acquire_token_by_device_flow(flow)
    assert (codes(answer), answer["suberror"]) == ([65001], "consent_required")


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (lambda tenant: tenant.revoke_sessions(tenant.user(UPN)), 50173),
        (lambda tenant: tenant.change_user(UPN, account_enabled=False), 50057),
        (lambda tenant: tenant.remove_user(UPN), 50034),
    ],
)
def test_an_ended_session_refreshes_no_more(simulator: RunningSimulator, happens: Any, code: int) -> None:
    app = public_application(simulator, "laptop", client_capabilities=["CP1"])
    flow = app.initiate_device_flow([RULES])
    simulator.tenant.approve_device_code(flow["user_code"], UPN)
    token = app.acquire_token_by_device_flow(flow)["access_token"]
    happens(simulator.tenant)
    assert calling(simulator, token).get("/me").status_code == 401
    (account,) = app.get_accounts()
    assert codes(app.acquire_token_silent_with_error([RULES], account, force_refresh=True)) == [code]


def test_a_revoked_token_is_challenged_and_the_claims_bring_one_that_passes(
    simulator: RunningSimulator,
) -> None:
    app = application(simulator, "server", KEY.credential, client_capabilities=["CP1"])
    token = app.acquire_token_for_client([SCOPE])["access_token"]
    simulator.tenant.revoke_tokens("server")
    refusal = calling(simulator, token).get("/users")
    assert refusal.status_code == 401
    assert 'error="insufficient_claims"' in refusal.headers["WWW-Authenticate"]
    claims = base64.b64decode(refusal.headers["WWW-Authenticate"].split('claims="')[1].split('"')[0]).decode()
    assert json.loads(claims)["access_token"]["nbf"]["essential"] is True
    again = app.acquire_token_for_client([SCOPE], claims_challenge=claims)
    assert "access_token" in again, again
    assert calling(simulator, again["access_token"]).get("/users").status_code == 200


def test_without_cae_a_revoked_token_runs_on_until_it_expires(simulator: RunningSimulator) -> None:
    token = application(simulator, "server", KEY.credential).acquire_token_for_client([SCOPE])["access_token"]
    simulator.tenant.revoke_tokens("server")
    assert calling(simulator, token).get("/users").status_code == 200
    simulator.tenant.token_seconds = -1
    old = application(simulator, "server", KEY.credential).acquire_token_for_client([SCOPE])["access_token"]
    refusal = calling(simulator, old).get("/users")
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_no_token_a_foreign_token_and_another_audience_open_nothing(simulator: RunningSimulator) -> None:
    foreign = jwt.encode({"aud": "https://graph.microsoft.com", "exp": time.time() + 60}, "x" * 32, "HS256")
    for token in ("rubbish", foreign):
        assert calling(simulator, token).get("/users").status_code == 401
    plain = httpx2.get(f"{simulator.url}/users", verify=calling_context(simulator), trust_env=False)
    assert plain.json()["error"]["message"] == "Access token is empty."
    assert plain.headers["request-id"]


def calling_context(simulator: RunningSimulator) -> Any:
    import ssl

    return ssl.create_default_context(cafile=str(simulator.ca_file))


@pytest.mark.parametrize(
    "identity", [msal.SystemAssignedManagedIdentity(), msal.UserAssignedManagedIdentity(client_id="machine")]
)
@pytest.mark.parametrize("kind", ["app service", "virtual machine"])
def test_a_machine_signs_in_with_its_identity(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, identity: Any, kind: str
) -> None:
    simulator.tenant.register_managed_identity("machine", roles={"User.Read.All"})
    if kind == "app service":
        for name, value in simulator.identity_environment.items():
            monkeypatch.setenv(name, value)
    else:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", simulator.authority)
    client = msal.ManagedIdentityClient(identity, http_client=session(simulator))
    answer = client.acquire_token_for_client(resource="https://graph.microsoft.com")
    assert calling(simulator, answer["access_token"]).get("/users").status_code == 200


def test_a_machine_without_an_identity_gets_no_token(
    simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in simulator.identity_environment.items():
        monkeypatch.setenv(name, value)
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=session(simulator))
    assert "error" in client.acquire_token_for_client(resource="https://graph.microsoft.com")


def test_the_published_keys_verify_the_tokens(simulator: RunningSimulator) -> None:
    http = session(simulator)
    document = http.get(f"{simulator.tenant_authority}/v2.0/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(http.get(document["jwks_uri"]).json())
    token = application(simulator, "server", KEY.credential).acquire_token_for_client([SCOPE])["access_token"]
    claims = jwt.decode(token, keys.keys[0], algorithms=["RS256"], audience="https://graph.microsoft.com")
    assert claims["appid"] == "server"


def test_sign_in_can_be_made_to_fail(simulator: RunningSimulator) -> None:
    simulator.tenant.quirks.fail_next(status=503, code="temporarily_unavailable", path="*/token")
    with pytest.raises(msal.exceptions.MsalServiceError, match="503"):
        application(simulator, "server", KEY.credential).acquire_token_for_client([SCOPE])
