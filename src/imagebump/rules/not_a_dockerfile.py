"""IB000 not-a-dockerfile: a file that cannot be parsed.

What it does
    Reports a file that Docker would refuse, too: an unknown instruction, no FROM, a byte that is
    not UTF-8; or one that is too large to be linted. It is reported whatever is selected, and no
    other rule reads it.

Why is this bad
    No image can be built from it.

Example
    FROM alpine:3
    RUNN apk add --no-cache curl

Use instead
    FROM alpine:3
    RUN apk add --no-cache curl
"""

CODE = "IB000"
NAME = "not-a-dockerfile"
DOCUMENTATION = __doc__
