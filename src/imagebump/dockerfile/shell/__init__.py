"""A reader of shell that fails closed: what it does not fully understand is unknown.

`read` in `reading` is the way in; `model` has the values that it gives.
"""
