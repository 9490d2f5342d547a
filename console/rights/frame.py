"""Signing in, what a person does for himself, the parts of every page, pages of readers."""

from __future__ import annotations

from console.rights.roles import EVERYBODY, OPERATORS, PUBLIC, RESENDERS, Right

FRAME: tuple[Right, ...] = (
    Right("healthz", "GET", "/healthz", PUBLIC),
    Right("readyz", "GET", "/readyz", PUBLIC),
    Right("metrics", "GET", "/metrics", PUBLIC),
    Right("wap", "GET", "/wap/{token}", PUBLIC),
    Right("wap_act", "POST", "/wap/{token}", PUBLIC, sealed=True),
    Right("sign_in", "GET", "/sign-in", PUBLIC),
    Right("sign_in_act", "POST", "/sign-in", PUBLIC),
    Right("preference_act", "POST", "/preferences", PUBLIC),
    Right("provider", "GET", "/sign-in/oidc", PUBLIC),
    Right("provider_back", "GET", "/sign-in/oidc/back", PUBLIC),
    Right("sign_in_code", "GET", "/sign-in/code", PUBLIC),
    Right("sign_in_code_act", "POST", "/sign-in/code", PUBLIC),
    Right("sign_out_act", "POST", "/sign-out", EVERYBODY, first=True),
    Right("me", "GET", "/me", EVERYBODY, first=True),
    Right("me_password_act", "POST", "/me/password", EVERYBODY, first=True),
    Right("me_sessions_act", "POST", "/me/sessions", EVERYBODY, first=True),
    Right("me_code_act", "POST", "/me/code", EVERYBODY, first=True),
    Right("me_code_picture", "GET", "/me/code.svg", EVERYBODY, first=True),
    Right("me_code_confirm_act", "POST", "/me/code/confirm", EVERYBODY, first=True),
    Right("me_recovery_act", "POST", "/me/code/recovery", EVERYBODY, first=True),
    Right("me_code_off_act", "POST", "/me/code/off", EVERYBODY, first=True),
    Right("events", "GET", "/events", EVERYBODY, refresh=True),
    Right("palette_act", "POST", "/palette", EVERYBODY, refresh=True),
    Right("complaints_file", "GET", "/complaints.csv", RESENDERS),
    Right("audit_file", "GET", "/audit.csv", OPERATORS),
)
