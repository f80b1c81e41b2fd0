"""The rules, in one table: a rule that is not in it does not exist."""

from imagebump.rules.cache_left_in_layer import RULE as CACHE_LEFT_IN_LAYER
from imagebump.rules.consecutive_copy import RULE as CONSECUTIVE_COPY
from imagebump.rules.consecutive_run import RULE as CONSECUTIVE_RUN
from imagebump.rules.copy_then_extract import RULE as COPY_THEN_EXTRACT
from imagebump.rules.floating_base import RULE as FLOATING_BASE
from imagebump.rules.late_cleanup import RULE as LATE_CLEANUP
from imagebump.rules.late_permission import RULE as LATE_PERMISSION
from imagebump.rules.lone_package_index import RULE as LONE_PACKAGE_INDEX
from imagebump.rules.model import Rule
from imagebump.rules.overridden_instruction import RULE as OVERRIDDEN_INSTRUCTION
from imagebump.rules.secret_in_layer import RULE as SECRET_IN_LAYER
from imagebump.rules.shell_state_lost import RULE as SHELL_STATE_LOST
from imagebump.rules.source_before_dependencies import RULE as SOURCE_BEFORE_DEPENDENCIES
from imagebump.rules.volatile_input_early import RULE as VOLATILE_INPUT_EARLY

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        CONSECUTIVE_RUN,
        LONE_PACKAGE_INDEX,
        LATE_CLEANUP,
        LATE_PERMISSION,
        COPY_THEN_EXTRACT,
        OVERRIDDEN_INSTRUCTION,
        CONSECUTIVE_COPY,
        CACHE_LEFT_IN_LAYER,
        SHELL_STATE_LOST,
        SOURCE_BEFORE_DEPENDENCIES,
        VOLATILE_INPUT_EARLY,
        SECRET_IN_LAYER,
        FLOATING_BASE,
    )
}
"""Each rule by its code, in the order of the codes."""
