"""A desktop's settings of one account, asked with that account's own rights; for the table `screenlock`."""

from tenure_agent.platform.commands import GSETTINGS, Account

_FIELDS = 3


class GnomeSettings:
    """GNOME's settings, as `gsettings` answers from the account's own database."""

    def read(self, schema: str, uid: int, gid: int, home: str) -> dict[str, str]:
        """Read all keys of one schema as GVariant text.

        Raises:
            CommandError: there is no GNOME here, or its settings cannot be read.
        """
        account = Account(uid=uid, gid=gid, home=home)
        # Without a session bus dconf still reads; the cache folder must not be one of root's.
        result = GSETTINGS.run("list-recursively", schema, account=account)
        lines = (line.split(" ", _FIELDS - 1) for line in result.text.splitlines())
        return {fields[1]: fields[2] for fields in lines if len(fields) == _FIELDS and fields[0] == schema}
