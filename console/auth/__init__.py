"""Accounts and sign-ins: passwords, second factors, lock-out, sessions, rights beside the role.

A sign-in takes three steps, so that no transaction is open while argon2 works:
`find_credentials`, `password_fits` (some 50 ms and 64 MB, whether or not there is
such an account), `settle_password`. Nothing here says to the outside whether an
account exists, is locked or is shut.
"""

from console.auth.accounts import (
    add_user,
    checked_grant,
    disable_user,
    enable_user,
    end_sessions,
    find_user,
    forget_number,
    give,
    grants_of,
    list_users,
    set_password,
    set_person,
    set_subject,
    take,
)
from console.auth.names import name_key
from console.auth.passwords import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, Credentials, find_credentials, hash_password, made_password, password_fits
from console.auth.sessions import (
    Browser,
    SignedIn,
    change_password,
    count_failure,
    due_for_touch,
    end_named,
    end_others,
    end_session,
    find_signed_in,
    list_sessions,
    may_sign_in,
    open_session,
    same,
    settle_password,
    settle_sign_in,
    touch,
)

__all__ = [
    "Browser", "Credentials", "PASSWORD_CHARS_MAX", "PASSWORD_CHARS_MIN", "SignedIn", "add_user", "change_password", "checked_grant", "count_failure",
    "disable_user", "due_for_touch", "enable_user", "end_named", "end_others", "end_session", "end_sessions", "find_credentials", "find_signed_in",
    "find_user", "forget_number", "give", "grants_of", "hash_password", "list_sessions", "list_users", "made_password", "may_sign_in", "name_key",
    "open_session", "password_fits", "same", "set_password", "set_person", "set_subject", "settle_password", "settle_sign_in", "take", "touch",
]  # fmt: skip
