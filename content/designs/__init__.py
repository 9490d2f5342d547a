"""Designs: folders of `templates/` (or of a folder of the operator's own) by which editions are set.

A design is data: a `design.toml` with its style, and whatever templates it wants to
have otherwise than those that it extends. `reading` reads the folder, `styling` its style,
`sandbox` renders its templates within bounds, `specimens` are the values that each
layout must be able to show, `fitness` says what is wrong with a design, `library` finds one by name.

How a design looks on whole editions is tried by `content.trials`, which composes its sample.
"""

from content.designs.design import Design, DesignError, Fault
from content.designs.library import base_design, default_design, find_design

__all__ = ["Design", "DesignError", "Fault", "base_design", "default_design", "find_design"]
