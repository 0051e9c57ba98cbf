"""Licences of the simulated accounts: which they have, giving and taking them; a group's cannot be taken."""

from typing import Any

from tenure_server.demo.graph_simulator.access import Needs, any_of
from tenure_server.demo.graph_simulator.accounts import DEFAULT, READ_ALL, whole_user
from tenure_server.demo.graph_simulator.answers import Answer, Call, GraphError, addressed_user, context
from tenure_server.demo.graph_simulator.objects import SimulatedSku, SimulatedUser
from tenure_server.demo.graph_simulator.paging import page
from tenure_server.demo.graph_simulator.routing import Route

READ = Needs(
    app=any_of("LicenseAssignment.Read.All", *READ_ALL),
    delegated=any_of("LicenseAssignment.Read.All", *READ_ALL),
    delegated_own=any_of("User.Read"),
)
ASSIGN = Needs(app=any_of("LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"))


def _detail(sku: SimulatedSku) -> dict[str, Any]:
    plan = {
        "appliesTo": "User",
        "provisioningStatus": "Success",
        "servicePlanId": sku.id,
        "servicePlanName": "EXCHANGE_S_STANDARD" if sku.has_mailbox else sku.part_number,
    }
    return {"id": sku.id, "servicePlans": [plan], "skuId": sku.id, "skuPartNumber": sku.part_number}


def _details(call: Call) -> Answer:
    user = addressed_user(call)
    held = [call.tenant.skus[sku] for sku in user.licences if sku in call.tenant.skus]
    return page(call, held, _detail, f"users('{user.id}')/licenseDetails", call.tenant.page_size)


def _assign(call: Call) -> Answer:
    user, fields = addressed_user(call), call.fields()
    if not {"addLicenses", "removeLicenses"} <= fields.keys():
        raise _refusal("One or more parameters of 'assignLicense' are missing from the request payload.")
    licences = {sku: set(by) for sku, by in user.licences.items()}
    for sku in fields["removeLicenses"]:
        _take(licences, sku)
    for licence in fields["addLicenses"]:
        _give(call, user, licences, str(licence.get("skuId")))
    call.tenant.change_user(user.id, licences=licences)
    shown = {name: value for name, value in whole_user(call.tenant, user).items() if name in ("id", *DEFAULT)}
    return Answer(body={"@odata.context": context(call, "users/$entity"), **shown})


def _take(licences: dict[str, set[str | None]], sku: str) -> None:
    if sku not in licences:
        raise _refusal("User does not have a corresponding license.")
    if None not in licences[sku]:
        raise _refusal(
            "User license is inherited from a group membership and it cannot be removed directly "
            "from the user."
        )
    licences[sku].discard(None)
    if not licences[sku]:
        del licences[sku]


def _give(call: Call, user: SimulatedUser, licences: dict[str, set[str | None]], sku_id: str) -> None:
    sku = call.tenant.skus.get(sku_id)
    if sku is None:
        raise _refusal(f"License {sku_id} does not correspond to a valid company License.")
    if not user.usage_location:
        raise _refusal("License assignment cannot be done for user with invalid usage location.")
    used = sum(sku_id in other.licences for other in call.tenant.users.values())
    if sku_id not in licences and used >= sku.units:
        raise _refusal(f"Subscription with SKU {sku_id} does not have any available licenses.")
    licences.setdefault(sku_id, set()).add(None)


def _refusal(message: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message)


ROUTES = (
    Route(method="GET", template="/users/{user}/licenseDetails", handler=_details, needs=READ),
    Route(method="POST", template="/users/{user}/assignLicense", handler=_assign, needs=ASSIGN),
)
