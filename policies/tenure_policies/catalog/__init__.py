"""The policies that ship with Tenure, as YAML: device policies here, the term's end in `term_end.yaml`."""

from importlib import resources

from tenure_policies.document import DevicePolicy, parse

DEVICE_POLICY_FILES = (
    "disk_encryption.yaml",
    "screen_lock.yaml",
    "updates.yaml",
    "required_apps.yaml",
    "peripherals.yaml",
    "wipe_readiness.yaml",
)


def device_policies() -> tuple[DevicePolicy, ...]:
    """Read every device policy of the catalogue, in the order of `DEVICE_POLICY_FILES`."""
    folder = resources.files(__name__)
    return tuple(
        policy
        for file in DEVICE_POLICY_FILES
        for policy in parse(folder.joinpath(file).read_text(encoding="utf-8"), file)
    )
