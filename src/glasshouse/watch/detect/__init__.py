"""Detection: lookups and Sigma rules in, alerts and rule statuses out."""

from glasshouse.watch.detect.load import RuleSet, load_rules
from glasshouse.watch.detect.run import detect

__all__ = ["RuleSet", "detect", "load_rules"]
