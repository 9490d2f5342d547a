"""A rule as people write it down: YAML, without aliases, of a bounded length."""

from __future__ import annotations

import yaml

from huabao.errors import UsageError
from subscribers.segments.parse import parse_rule
from subscribers.segments.rules import Rule

RULE_BYTES_MAX = 100_000


def rule_of_text(text: str, where: str) -> Rule:
    """The rule in a YAML text.

    Args:
        where: the file, or what else it is; begins every message.

    Raises:
        UsageError: it is too long, no YAML or no rule; the message says where.
    """
    if len(text.encode("utf-8", "replace")) > RULE_BYTES_MAX or ("&" in text and "*" in text and any(isinstance(token, yaml.AliasToken) for token in _tokens(text))):
        raise UsageError(f"{where}: a rule has at most {RULE_BYTES_MAX:,} bytes and no YAML aliases; write it out")
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise UsageError(f"{where}{f':{mark.line + 1}' if mark else ''}: is no YAML: {getattr(error, 'problem', None) or 'it cannot be read'}") from error
    return parse_rule(document, where)


def text_of_rule(rule: Rule) -> str:
    """The rule as YAML that `rule_of_text` reads."""
    found: str = yaml.safe_dump(rule.to_document(), allow_unicode=True, sort_keys=False, default_flow_style=False)
    return found


def _tokens(text: str) -> list[object]:
    try:
        return list(yaml.scan(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        return []
