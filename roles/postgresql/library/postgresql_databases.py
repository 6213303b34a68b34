#!/usr/bin/python3
"""Ansible module: a database and a login of the same name for each hosted system.

A login may connect to its own database alone. The password is kept as a SCRAM-SHA-256 verifier that is
computed here, so that no statement, and no server log, ever holds it in clear.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Any

import psycopg2
from ansible.module_utils.basic import AnsibleModule
from psycopg2 import sql

ITERATIONS = 4096

DOCUMENTATION = """
module: postgresql_databases
short_description: A database and a login for each hosted system
"""


def verifier(password: str, salt: bytes, iterations: int) -> str:
    """What PostgreSQL stores of a password (RFC 5803)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored, server = hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{parts[0]}${parts[1]}:{parts[2]}"


def holds(stored: str | None, password: str) -> bool:
    """Whether a stored verifier is that of the password."""
    kind, _dollar, rest = (stored or "").partition("$")
    if kind != "SCRAM-SHA-256":
        return False
    iterations, _colon, salt = rest.split("$")[0].partition(":")
    return hmac.compare_digest(stored or "", verifier(password, base64.b64decode(salt), int(iterations)))


def one(cursor: Any, query: str, *values: Any) -> Any:
    cursor.execute(query, values)
    row = cursor.fetchone()
    return row[0] if row else None


def statements(cursor: Any, wanted: dict[str, Any]) -> list[sql.Composed]:
    """What brings one database and its login about; empty when both stand."""
    name, comment = sql.Identifier(wanted["name"]), sql.Literal(wanted["comment"])
    found = []
    if one(cursor, "SELECT 1 FROM pg_roles WHERE rolname = %s", wanted["name"]) is None:
        found.append(sql.SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT 20").format(name))
    if not holds(
        one(cursor, "SELECT rolpassword FROM pg_authid WHERE rolname = %s", wanted["name"]),
        wanted["password"],
    ):
        secret = sql.Literal(verifier(wanted["password"], os.urandom(16), ITERATIONS))
        found.append(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, secret))
    if one(cursor, "SELECT 1 FROM pg_database WHERE datname = %s", wanted["name"]) is None:
        found.append(sql.SQL("CREATE DATABASE {} OWNER postgres").format(name))
        found.append(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        found.append(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, name))
    said = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    if one(cursor, said, wanted["name"]) != wanted["comment"]:
        found.append(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, comment))
    return found


def main() -> None:
    module = AnsibleModule(
        {
            "databases": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"required": True},
                    "comment": {"required": True},
                    "clients": {"type": "list", "elements": "str"},
                    "password": {"required": True, "no_log": True},
                },
            }
        },
        supports_check_mode=True,
    )
    try:
        connection = psycopg2.connect(dbname="postgres")
    except psycopg2.OperationalError as error:
        if module.check_mode:
            module.exit_json(changed=True, msg="the cluster does not run yet")
        module.fail_json(msg=f"cannot log in to the cluster: {error}")
    connection.autocommit = True  # databases are not created in a transaction
    changed = []
    with connection.cursor() as cursor:
        for wanted in module.params["databases"]:
            for statement in statements(cursor, wanted):
                changed.append(wanted["name"])
                if not module.check_mode:
                    cursor.execute(statement)
    connection.close()
    module.exit_json(changed=bool(changed), databases=sorted(set(changed)))


if __name__ == "__main__":
    main()
