"""The organisation itself: its record, its domains, and the licences it bought."""

from typing import Any

from tenure_server.demo.graph_simulator.access import Needs, any_of
from tenure_server.demo.graph_simulator.answers import Answer, Call, context, no_such_object
from tenure_server.demo.graph_simulator.objects import SimulatedDomain, SimulatedSku
from tenure_server.demo.graph_simulator.paging import page, selected
from tenure_server.demo.graph_simulator.routing import Route

DOMAIN_FIELDS = (
    "authenticationType", "availabilityStatus", "isAdminManaged", "isDefault", "isInitial", "isRoot",
    "isVerified", "supportedServices",
)  # fmt: skip
READ_DOMAINS = Needs(app=any_of("Domain.Read.All", "Domain.ReadWrite.All", "Directory.Read.All"))
READ_ORGANISATION = Needs(
    app=any_of(
        "Organization.Read.All",
        "Organization.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "User.Read.All",
    ),
    delegated=any_of("Organization.Read.All", "User.Read", "User.Read.All", "Directory.Read.All"),
)
READ_SKUS = Needs(
    app=any_of(
        "LicenseAssignment.Read.All",
        "Organization.Read.All",
        "Organization.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    )
)


def _domain(domain: SimulatedDomain) -> dict[str, Any]:
    return {
        "id": domain.name,
        "authenticationType": "Managed",
        "availabilityStatus": None,
        "isAdminManaged": True,
        "isDefault": domain.default,
        "isInitial": domain.default,
        "isRoot": True,
        "isVerified": domain.verified,
        "supportedServices": list(domain.services),
    }


def _domains(call: Call) -> Answer:
    domains = list(call.tenant.domains.values())
    return page(
        call,
        domains,
        lambda domain: selected(call, _domain(domain), DOMAIN_FIELDS),
        "domains",
        call.tenant.page_size,
    )


def _one_domain(call: Call) -> Answer:
    domain = call.tenant.domains.get(call.parameters["domain"].lower())
    if domain is None:
        raise no_such_object(call.parameters["domain"])
    shown = selected(call, _domain(domain), DOMAIN_FIELDS)
    return Answer(body={"@odata.context": context(call, "domains/$entity"), **shown})


def _organisation(call: Call) -> Answer:
    verified = [domain for domain in call.tenant.domains.values() if domain.verified]
    whole = {
        "id": call.tenant.tenant_id,
        "displayName": call.tenant.name,
        "countryLetterCode": "FI",
        "preferredLanguage": "fi",
        "technicalNotificationMails": [],
        "tenantType": "AAD",
        "verifiedDomains": [
            {
                "capabilities": ", ".join(domain.services),
                "isDefault": domain.default,
                "isInitial": domain.default,
                "name": domain.name,
                "type": "Managed",
            }
            for domain in verified
        ],
    }
    return page(call, [whole], lambda found: selected(call, found, tuple(whole)), "organization", 1)


def _sku(sku: SimulatedSku, consumed: int) -> dict[str, Any]:
    plan = {
        "appliesTo": "User",
        "provisioningStatus": "Success",
        "servicePlanId": sku.id,
        "servicePlanName": "EXCHANGE_S_STANDARD" if sku.has_mailbox else sku.part_number,
    }
    return {
        "id": f"{sku.id}_{sku.part_number}",
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": consumed,
        "prepaidUnits": {"enabled": sku.units, "lockedOut": 0, "suspended": 0, "warning": 0},
        "servicePlans": [plan],
        "skuId": sku.id,
        "skuPartNumber": sku.part_number,
    }


def _skus(call: Call) -> Answer:
    users = list(call.tenant.users.values())
    skus = [_sku(sku, sum(sku.id in user.licences for user in users)) for sku in call.tenant.skus.values()]
    return page(call, skus, lambda sku: selected(call, sku, tuple(sku)), "subscribedSkus", len(skus) or 1)


ROUTES = (
    Route(method="GET", template="/domains", handler=_domains, needs=READ_DOMAINS),
    Route(method="GET", template="/domains/{domain}", handler=_one_domain, needs=READ_DOMAINS),
    Route(method="GET", template="/organization", handler=_organisation, needs=READ_ORGANISATION),
    Route(method="GET", template="/subscribedSkus", handler=_skus, needs=READ_SKUS),
)
