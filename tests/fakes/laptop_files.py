"""An invented Linux laptop as files below a folder, as its kernel and its distribution write them.

Two disks: NVMe with EFI, /boot and LUKS2 under LVM (root, home), and a plain data disk.
"""

from pathlib import Path

EFI_GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"

FILES = {
    "etc/os-release": 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\n'
    "VERSION_CODENAME=bookworm\nID=debian\n# a comment=1\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
    "ester:x:1000:1000:Ester Esimerkki,,,:/home/ester:/bin/bash\n"
    "service:x:1001:1001::/home/service:/usr/sbin/nologin\nbroken line\n+@nis\n",
    "etc/group": "root:x:0:\nsudo:x:27:ester,nobody-here\nester:x:1000:\n",
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast CPU\nphysical id\t: 0\ncore id\t: 0\n\n"
    "processor\t: 1\nmodel name\t: Fast CPU\nphysical id\t: 0\ncore id\t: 0\n\n",
    "proc/meminfo": "MemTotal:       16000000 kB\nMemFree: 1 kB\n",
    "proc/uptime": "93784.55 1.0\n",
    "proc/sys/kernel/hostname": "kunta-0042\n",
    "proc/sys/kernel/osrelease": "6.1.0-30-amd64\n",
    "proc/1/mountinfo": "1 0 254:1 / / rw,relatime - ext4 /dev/mapper/city-root rw\n"
    "2 1 254:2 / /home rw - ext4 /dev/mapper/city-home rw\n"
    "3 1 259:2 / /boot rw - ext4 /dev/nvme0n1p2 rw\n"
    "4 1 8:1 / /media/ester/oma\\040levy rw - exfat /dev/sda1 rw\n"
    "5 1 0:50 / /mnt/palvelin rw - nfs4 server:/share rw\n"
    "6 1 0:5 / /proc rw shared:2 - proc proc rw\n"
    "short line\n",
    "sys/class/dmi/id/sys_vendor": "Maker\n",
    "sys/class/dmi/id/product_name": "Book 14\n",
    "sys/class/dmi/id/product_serial": "SN0042\n",
    "sys/class/dmi/id/product_uuid": "4c4c4544-0000-1111-2222-333344445555\n",
    "sys/class/dmi/id/bios_vendor": "Maker Firmware\n",
    "sys/class/dmi/id/bios_version": "1.14\n",
    "sys/class/dmi/id/bios_date": "02/03/2026\n",
    "sys/class/tpm/tpm0/tpm_version_major": "2\n",
    "sys/class/firmware-attributes/thinklmi/authentication/Admin/is_enabled": "1\n",
    "sys/class/firmware-attributes/thinklmi/authentication/System/is_enabled": "0\n",
    "sys/bus/usb/devices/1-2/idVendor": "0bda\n",
    "sys/bus/usb/devices/1-2/idProduct": "5520\n",
    "sys/bus/usb/devices/1-2/product": "Document Camera 4K\n",
    "sys/bus/usb/devices/1-2/busnum": "1\n",
    "sys/bus/usb/devices/1-2/devnum": "7\n",
    "sys/bus/usb/devices/1-2/removable": "removable\n",
    "sys/bus/usb/devices/1-2:1.0/bInterfaceClass": "0e\n",
    "var/lib/dpkg/status": "Package: firefox-esr\nStatus: install ok installed\nSection: web\n"
    "Installed-Size: 250\nArchitecture: amd64\nVersion: 140.2.0esr-1~deb12u1\nDescription: browser\n"
    " Package: not a field\n .\n more\n\n"
    "Package: cryptsetup-bin\nStatus: deinstall ok config-files\nVersion: 2:2.6.1-4\n\n"
    "Package: oma-ohjelma\nStatus: install ok installed\nVersion: 1.0\n",
    "usr/share/applications/cm3.desktop": "[Desktop Entry]\nType=Application\nName=Cloudmeeting 3\n"
    "Name[fi]=CM3\nExec=/opt/cm3/cm3 %U\n\n[Desktop Action new]\nName=New window\n",
    "home/ester/.local/share/applications/portal.desktop": "[Desktop Entry]\nType=Link\nName=Trustee portal\n"
    "URL=https://portal.example/\n",
    "etc/apt/apt.conf.d/20auto-upgrades": 'APT::Periodic::Update-Package-Lists "1";\n'
    '// APT::Periodic::Unattended-Upgrade "0";\nAPT::Periodic::Unattended-Upgrade "1";\n',
    "usr/bin/unattended-upgrade": "#!/usr/bin/python3\n",
    "var/lib/apt/periodic/update-success-stamp": "",
    "etc/NetworkManager/system-connections/Kotiverkko.nmconnection": "[connection]\nid=Kotiverkko\n"
    "type=wifi\npermissions=user:ester:;\n\n[wifi-security]\npsk-flags=1\n",
    "etc/NetworkManager/system-connections/Kaupunki.nmconnection": "[connection]\nid=Kaupunki\ntype=wifi\n\n"
    "[wifi-security]\nkey-mgmt=sae\npsk=%secret\n",
}

DISKS = {
    "nvme0n1": {
        "dev": "259:0",
        "size": "2000",
        "device/model": "Fast NVMe",
        "queue/logical_block_size": "512",
    },
    "sda": {"dev": "8:0", "size": "800", "device/model": "Stick", "queue/logical_block_size": "4096"},
    "dm-0": {
        "dev": "254:0",
        "size": "1000",
        "dm/uuid": "CRYPT-LUKS2-aaaa-crypt",
        "queue/logical_block_size": "512",
    },
    "dm-1": {"dev": "254:1", "size": "500", "dm/uuid": "LVM-root", "queue/logical_block_size": "512"},
    "dm-2": {"dev": "254:2", "size": "400", "dm/uuid": "LVM-home", "queue/logical_block_size": "512"},
    "dm-3": {
        "dev": "254:3",
        "size": "90",
        "dm/uuid": "CRYPT-VERITY-bbbb-v",
        "queue/logical_block_size": "512",
    },
    "loop0": {"dev": "7:0", "size": "0"},
}
PARTITIONS = {
    "nvme0n1p2": ("nvme0n1", {"dev": "259:2", "size": "100", "partition": "2"}),
    "nvme0n1p3": ("nvme0n1", {"dev": "259:3", "size": "1500", "partition": "3"}),
    "sda1": ("sda", {"dev": "8:1", "size": "800", "partition": "1"}),
}
STANDS_ON = {"dm-0": ["nvme0n1p3"], "dm-1": ["dm-0"], "dm-2": ["dm-0", "sda1"], "dm-3": ["nvme0n1p2"]}


def write_laptop(root: Path) -> Path:
    """Write the laptop below a folder and return it."""
    for path, text in FILES.items():
        write(root, path, text)
    write_efi_flag(root, "SecureBoot", 1)
    write_efi_flag(root, "SetupMode", 0)
    _write_disks(root)
    (root / "home/service").mkdir(parents=True)
    return root


def write(root: Path, path: str, text: str) -> None:
    """Write one file and the folders that it needs."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")


def write_efi_flag(root: Path, name: str, value: int) -> None:
    """Write a UEFI variable as efivarfs shows it: four bytes of attributes, then the value."""
    path = root / "sys/firmware/efi/efivars" / f"{name}-{EFI_GLOBAL}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes([6, 0, 0, 0, value]))


def _write_disks(root: Path) -> None:
    devices = {name: (f"sys/devices/{name}", facts) for name, facts in DISKS.items()}
    devices |= {name: (f"sys/devices/{disk}/{name}", facts) for name, (disk, facts) in PARTITIONS.items()}
    for folder in ("sys/class/block", "sys/dev/block"):
        (root / folder).mkdir(parents=True)
    for name, (folder, facts) in devices.items():
        for attribute, value in facts.items():
            write(root, f"{folder}/{attribute}", value + "\n")
        (root / "sys/class/block" / name).symlink_to(root / folder)
        (root / "sys/dev/block" / facts["dev"]).symlink_to(root / folder)
    for name, below in STANDS_ON.items():
        for slave in below:
            (root / "sys/class/block" / name / "slaves" / slave).mkdir(parents=True)
    write(
        root,
        "run/udev/data/b259:3",
        "E:ID_FS_TYPE=crypto_LUKS\nE:ID_FS_UUID=aaaa\nE:ID_FS_LABEL=oma\\x20levy\n",
    )
