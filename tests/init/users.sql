CREATE TABLE users (
    id bigserial PRIMARY KEY,
    email citext NOT NULL UNIQUE,
    nick varchar(30) CHECK (length(nick) > 2),
    mood mood NOT NULL DEFAULT 'ok',
    boss_id bigint REFERENCES users(id),
    seen_at timestamptz NOT NULL DEFAULT now(),
    "order" smallint DEFAULT -1,
    CONSTRAINT users_seen CHECK (seen_at > '2000-01-01 00:00:00+00' OR nick IS NULL)
);

CREATE INDEX users_lower_idx ON users (lower(nick)) WHERE nick IS NOT NULL;

CREATE TRIGGER users_touch
    BEFORE UPDATE ON users
    FOR EACH ROW
    EXECUTE FUNCTION touch();

GRANT INSERT, SELECT ON users TO PUBLIC;
COMMENT ON TABLE users IS 'people who''s in';
COMMENT ON COLUMN users.nick IS 'shown to others';
COMMENT ON CONSTRAINT users_seen ON users IS 'no travellers';
