-- +goose Up

-- Identifiers are compared byte for byte: TEXT here has the BINARY collation,
-- which is the default and never to be changed. Times and durations are whole
-- milliseconds; a time that can be "not set" is NULL then.

-- "rnwd": the file is renewd's, whatever its name.
PRAGMA application_id = 1919842148;

-- A rowid table on purpose: rows fill pages in the order of their creation,
-- where ids, which are random, would leave a third of every page empty.
-- +goose StatementBegin
CREATE TABLE sessions (
    id                 BLOB    NOT NULL PRIMARY KEY,
    subject            TEXT    NOT NULL,
    username           TEXT    NOT NULL,
    client_id          TEXT    NOT NULL,
    mode               INTEGER NOT NULL,
    remember           INTEGER NOT NULL,
    rotation_off       INTEGER NOT NULL,
    roles              TEXT    NOT NULL, -- JSON array of strings
    scope              TEXT    NOT NULL,
    amr                TEXT    NOT NULL, -- JSON array of strings
    acr                TEXT    NOT NULL,
    epoch              INTEGER NOT NULL,
    auth_time_ms       INTEGER NOT NULL,
    created_at_ms      INTEGER NOT NULL,
    generation         INTEGER NOT NULL,
    rotated_at_ms      INTEGER NOT NULL,
    attempt            BLOB,
    key_id             INTEGER NOT NULL,
    idle_timeout_ms    INTEGER NOT NULL,
    used_at_ms         INTEGER NOT NULL,
    idle_expires_at_ms INTEGER NOT NULL,
    expires_at_ms      INTEGER NOT NULL,
    revoked_at_ms      INTEGER,
    revoke_reason      TEXT    NOT NULL,
    user_agent         TEXT    NOT NULL,
    address            TEXT    NOT NULL
) STRICT;
-- +goose StatementEnd

-- No column of these two ever changes: a rotation touches no index.
CREATE INDEX sessions_by_subject ON sessions (subject, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms);

-- +goose StatementBegin
CREATE TABLE accounts (
    subject                TEXT    NOT NULL PRIMARY KEY,
    name                   TEXT    NOT NULL UNIQUE,
    password_hash          TEXT    NOT NULL,
    roles                  TEXT    NOT NULL, -- JSON array of strings
    epoch                  INTEGER NOT NULL,
    created_at_ms          INTEGER NOT NULL,
    password_changed_at_ms INTEGER NOT NULL,
    disabled_at_ms         INTEGER
) STRICT;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TABLE owed_revocations (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- rises, and is never used again
    subject TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    except_id BLOB,
    reason  TEXT    NOT NULL,
    at_ms   INTEGER NOT NULL
) STRICT;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TABLE signing_keys (
    id            TEXT    NOT NULL PRIMARY KEY,
    algorithm     TEXT    NOT NULL,
    public_key    BLOB    NOT NULL,
    wrapped_key   BLOB    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    active_at_ms  INTEGER NOT NULL,
    retires_at_ms INTEGER,
    expires_at_ms INTEGER,
    revoked_at_ms INTEGER
) STRICT;
-- +goose StatementEnd

CREATE TABLE secret_checks (check_value BLOB NOT NULL PRIMARY KEY) STRICT;

-- What this store has been through, and a row that Ping writes.
CREATE TABLE marks (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT;
