"""An alert in; a register entry or filter that covers it, and what that would have changed in 90 days, out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from glasshouse import config
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.errors import ReadError, UsageError
from glasshouse.flow_detect import Judge, redetected
from glasshouse.flow_register import add, end
from glasshouse.flow_triage import Desk, desk_for, judge
from glasshouse.know.background import Knowledge, background
from glasshouse.know.register import Register
from glasshouse.known import Use, UseCheck
from glasshouse.office import audit, cases, kept, store
from glasshouse.office.kept import Kept
from glasshouse.office.uses import Registered
from glasshouse.report.write import check_target, write
from glasshouse.triage import tune
from glasshouse.triage.tune import Proposal, Terms
from glasshouse.verdicts import DecisionName, Episode
