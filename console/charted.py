"""Every chart of the console: the route that brings its data and its file, and the names it knows.

Each is drawn by `chart` of `_chart.html` and one script, so each has hover, a range and a
file; `tests/integration/console/test_charts.py` and `tests/browser/test_charts.py` walk all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from console.pages import alarm_charts, dispatch_charts

CHARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "dispatch_chart": tuple(dispatch_charts.GRAPHS),
    "port_chart": ("rate",),
    "capacity_chart": ("course",),
    "overview_chart": ("moves",),
    "alarm_chart": tuple(alarm_charts.GRAPHS),
}
"""By the route's name in `console.rights`."""
