"""What scripts for administrators say in their comments, in either shell. Pure: no I/O, no clock."""

from tenure_server.domain.message import N_

UNTRIED = N_("It was not yet run on a live tenant.")
REGISTER = N_("The server's registration, with the public half of its key in {file}.")
SETTINGS = N_("This line belongs into tenure.toml; then have this script written again:")
CONSENT = N_("What Entra consents to: good for the whole tenant, so only what has no narrower way.")
BACK = N_(
    "What the app holds beyond that, also consents for mailboxes, is taken back one by one if you say so."
)
LAPTOPS = N_("The registration for laptops: no key, each person signs in for their own mailbox.")
