"""What simulated laptops report of themselves; every document says that it is simulated. Pure."""

import msgspec

_SYSTEMS = (
    ("windows", "Microsoft Windows 11 Pro", "10.0.29100", "29100"),
    ("windows", "Microsoft Windows 11 Pro", "10.0.28000", "28000"),
    ("linux", "Debian GNU/Linux", "14 (forky)", ""),
)
_GIB = 1024**3
UNENCRYPTED_EVERY = 17
"""Now and then a laptop whose disk is not encrypted, for somebody to notice."""


def platform_of(number: int) -> str:
    """Return a simulated laptop's operating system family."""
    return _SYSTEMS[number % len(_SYSTEMS)][0]


def documents(number: int, serial: str, model: str, keyid: str) -> dict[str, bytes]:
    """Return a simulated laptop's inventory, shaped as `tenure_policies.facts.DOCUMENTS`."""
    platform, name, version, build = _SYSTEMS[number % len(_SYSTEMS)]
    encrypted = 0 if number % UNENCRYPTED_EVERY == 0 else 1
    memory, disk = (16 if number % 4 else 8) * _GIB, (512 if number % 3 else 256) * 10**9
    inventory = {
        "system": {
            "system": {
                "hostname": f"simulated-{serial.lower()}",
                "uuid": "",
                "cpu_brand": "simulated processor",
                "cpu_logical_cores": 8 + number % 3 * 4,
                "physical_memory": memory,
                "hardware_vendor": "simulated",
                "hardware_model": model,
                "hardware_serial": serial,
            },
            "firmware": [{"vendor": "simulated", "version": f"1.{number % 5}", "date": "2027-11-02"}],
        },
        "os": {
            "os": {
                "name": name,
                "version": version,
                "build": build,
                "platform": platform,
                "codename": "",
                "arch": "x86_64",
            },
            "kernel": None,
            "agent": {
                "version": "0.1.0+simulated",
                "build_platform": platform,
                "python_version": "",
                "device_key": keyid,
            },
            "updates": [],
        },
        "storage": {
            "disks": [
                {"name": "disk0", "vendor": "simulated", "model": "simulated disk", "size_bytes": disk}
            ],
            "filesystems": [
                {
                    "path": "/",
                    "type": "ntfs" if platform == "windows" else "ext4",
                    "encrypted": encrypted,
                    "encryption": "simulated" if encrypted else "",
                }
            ],
        },
        "security": {
            "secure_boot": [{"secure_boot": 1, "setup_mode": 0}],
            "tpm": [{"activated": 1, "enabled": 1, "manufacturer_name": "simulated", "spec_version": "2.0"}],
            "firmware_passwords": [],
            "packages": [],
        },
    }
    return {name: msgspec.json.encode(document) for name, document in inventory.items()}
