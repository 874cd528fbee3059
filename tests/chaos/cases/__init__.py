"""What is done to the site, one thing at a time. Each case returns when it is over, with everything in its place again.

The order in which the modules are imported is that of the table.
"""

from tests.chaos.cases import processes, releases, points, redis, broker, databases  # noqa: F401, I001
from tests.chaos.cases import deadlocks, platforms, clocks, pressure  # noqa: F401
from tests.chaos.cases.base import CASES, Case

__all__ = ["CASES", "Case"]
