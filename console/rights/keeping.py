"""Accounts, API tokens, settings, the audit trail."""

from __future__ import annotations

from console.rights.roles import MASTERS, OPERATORS, SYSTEM, Right

KEEPING: tuple[Right, ...] = (
    Right("accounts", "GET", "/accounts", MASTERS, grant=SYSTEM),
    Right("accounts_act", "POST", "/accounts", MASTERS, grant=SYSTEM),
    Right("account", "GET", "/accounts/{user_id:int}", MASTERS, grant=SYSTEM),
    Right("account_act", "POST", "/accounts/{user_id:int}", MASTERS, grant=SYSTEM),
    Right("account_grants_act", "POST", "/accounts/{user_id:int}/grants", MASTERS, grant=SYSTEM),
    Right("account_password_act", "POST", "/accounts/{user_id:int}/password", MASTERS, grant=SYSTEM),
    Right("account_sessions_act", "POST", "/accounts/{user_id:int}/sessions", MASTERS, grant=SYSTEM),
    Right("account_state_act", "POST", "/accounts/{user_id:int}/state", MASTERS, grant=SYSTEM),
    Right("tokens", "GET", "/tokens", MASTERS),
    Right("tokens_act", "POST", "/tokens", MASTERS),
    Right("token_revoke_act", "POST", "/tokens/revoke", MASTERS),
    Right("api_reference", "GET", "/tokens/reference", MASTERS),
    Right("audit", "GET", "/audit", OPERATORS),
    Right("settings", "GET", "/settings", OPERATORS),
    Right("setting", "GET", "/settings/{name}", OPERATORS),
    Right("setting_act", "POST", "/settings/{name}", OPERATORS),
)
