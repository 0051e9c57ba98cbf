"""Ends in time whatever the observed does: a hung inventory costs its seconds and no more."""

import logging
import threading
from collections.abc import Callable, Mapping

LOGGER = logging.getLogger("tenure_agent.observe")


def within(seconds: float, observe: Callable[[], Mapping[str, bytes]]) -> Callable[[], Mapping[str, bytes]]:
    """Return the observation, bounded: empty when it fails or takes longer.

    What hangs is left behind in a thread that ends with this short-lived process.
    """

    def bounded() -> Mapping[str, bytes]:
        documents: dict[str, bytes] = {}

        def look() -> None:
            try:
                documents.update(observe())
            except Exception:
                LOGGER.exception("the inventory failed")

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            LOGGER.warning("the inventory took too long", extra={"seconds": seconds})
            return {}
        return documents

    return bounded
