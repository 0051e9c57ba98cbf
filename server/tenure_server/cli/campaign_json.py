"""The JSON of `tenure campaign`: English, with the words of the states as they are stored."""

from typing import Any

from tenure_server.usecases.campaigns import DryRun, ListView


def list_json(view: ListView) -> dict[str, Any]:
    """Return one list."""
    return {
        "id": view.id,
        "name": view.name.en,
        "status": view.status.value,
        "campaign": view.campaign,
        "rate_per_hour": view.rate_per_hour,
        "digest": view.digest,
        "prepared_at": view.prepared_at,
        "prepared_by": view.prepared_by,
        "expires": view.expires,
        "approvals": view.approvals,
        "laptops": [
            {
                "serial": one.serial,
                "reason": one.reason.en,
                "canary": one.canary,
                "not_before": one.not_before,
                "stage": one.stage.value,
                "void_because": one.void_because,
            }
            for one in view.laptops
        ],
    }


def dry_run_json(found: DryRun) -> dict[str, Any]:
    """Return a dry run."""
    return {
        "day": found.day,
        "at": found.at,
        "lists": [
            {
                "name": one.name.en,
                "campaign": one.campaign,
                "laptops": one.serials,
                "canaries": one.canaries,
            }
            for one in found.lists
        ],
        "laptops": [
            {
                "serial": one.serial,
                "holder": one.holder,
                "status": one.status.value,
                "ends": one.ends,
                "wipe_at": one.wipe_at,
                "listed": one.listed,
                "canary": one.canary,
                "bars": [bar.value for bar in one.bars],
                "disk": one.ready.value,
                "reason": None if one.reason is None else one.reason.en,
            }
            for one in found.laptops
        ],
        "other_days": [{"ends": ends, "laptops": count} for ends, count in found.other_days],
    }
