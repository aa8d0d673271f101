"""Drives the simulated Exchange Server with exchangelib, which knows real ones, and says what did not work."""

import autodiscover  # noqa: F401
import checks
import finding  # noqa: F401
import items  # noqa: F401
import logins  # noqa: F401
import people  # noqa: F401
import series  # noqa: F401
import streams  # noqa: F401
import versions  # noqa: F401
import writing  # noqa: F401

if __name__ == "__main__":
    checks.run_all()
