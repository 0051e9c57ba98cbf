"""How one signer is set: its municipality, its server and its own limits. Never the server's choice.

The file `settings.json` lies in the signer's directory and belongs to the signer's operating-system user.
"""

from datetime import timedelta

import msgspec


class SignerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits that this signer keeps, whatever it is asked."""

    municipality: str
    server: str
    """Where the web server answers, without a path."""
    audience: str
    """What requests to the server are signed for."""
    ca_file: str | None = None
    """Certificates that the server's must descend from; None: the system's."""
    wipes_per_hour: int = 3
    """Most releases in any hour outside campaigns."""
    fleet_size: int = 0
    """Laptops in the municipality; outside campaigns at most `daily_share` of them a day, at least one."""
    daily_share: float = 0.02
    campaign_ceiling_per_hour: int = 60
    """Most releases in any hour of all campaigns together, whatever their manifests state."""
    campaigns_need_canaries: bool = True
    """Whether a campaign of several laptops is held if its list names none that goes first."""
    cooling_off_hours: float = 24.0
    """From when the signer first saw a campaign fully approved to its first release."""
    approver_delay_hours: float = 72.0
    """From when the signer first saw a keys document with other approvers to the day it counts."""
    release_days: float = 30.0
    """How long a laptop that is switched off may take to fetch its release, within the manifest's life."""

    @property
    def wipes_per_day(self) -> int:
        """Return the most releases in any 24 hours outside campaigns."""
        return max(1, int(self.fleet_size * self.daily_share))

    @property
    def cooling_off(self) -> timedelta:
        """Return the campaigns' cooling-off."""
        return timedelta(hours=self.cooling_off_hours)

    @property
    def approver_delay(self) -> timedelta:
        """Return how long other approvers wait."""
        return timedelta(hours=self.approver_delay_hours)

    @property
    def release_life(self) -> timedelta:
        """Return how long a release holds."""
        return timedelta(days=self.release_days)


def problem(settings: SignerSettings) -> str | None:
    """Name the setting that makes no sense, or None."""
    for name in ("wipes_per_hour", "campaign_ceiling_per_hour", "release_days"):
        if getattr(settings, name) <= 0:
            return name
    for name in ("fleet_size", "cooling_off_hours", "approver_delay_hours"):
        if getattr(settings, name) < 0:
            return name
    if not 0 <= settings.daily_share <= 1:
        return "daily_share"
    return None
