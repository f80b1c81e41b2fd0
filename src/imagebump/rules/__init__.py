"""The rules, in one table: a rule that is not in it does not exist."""

from imagebump.rules.consecutive_run import RULE as CONSECUTIVE_RUN
from imagebump.rules.model import Rule
from imagebump.rules.overridden_instruction import RULE as OVERRIDDEN_INSTRUCTION

RULES: dict[str, Rule] = {rule.code: rule for rule in (CONSECUTIVE_RUN, OVERRIDDEN_INSTRUCTION)}
"""Each rule by its code, in the order of the codes."""
