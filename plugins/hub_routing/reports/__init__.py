"""Reports: what became of real customers, read from the stored decisions."""

from hub_routing.reports.experiment import report
from hub_routing.reports.hours import by_hour
from hub_routing.reports.outcomes import Outcome, Outcomes

__all__ = ["Outcome", "Outcomes", "by_hour", "report"]
