CREATE SCHEMA app;
CREATE EXTENSION citext;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
COMMENT ON SCHEMA app IS 'what the program uses';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN app.email AS text CHECK (VALUE ~ '@');
CREATE TYPE app.address AS (street text, zip varchar(10));

CREATE TABLE users (
    id bigserial PRIMARY KEY,
    email citext NOT NULL UNIQUE,
    nick varchar(30) CHECK (length(nick) > 2),
    mood mood NOT NULL DEFAULT 'ok',
    boss_id bigint REFERENCES users,
    seen_at timestamptz NOT NULL DEFAULT now(),
    "order" smallint DEFAULT -1,
    CONSTRAINT users_seen CHECK (seen_at > '2000-01-01' OR nick IS NULL)
);
CREATE INDEX users_lower_idx ON users (lower(nick)) WHERE nick IS NOT NULL;
COMMENT ON TABLE users IS 'people who''s in';
COMMENT ON COLUMN users.nick IS 'shown to others';
COMMENT ON CONSTRAINT users_seen ON users IS 'no travellers';

CREATE TABLE app.orders (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    last_item int,
    contact app.email,
    ship_to app.address,
    note text DEFAULT 'it''s',
    total numeric(10,2) GENERATED ALWAYS AS (1.5 * 2) STORED,
    UNIQUE (user_id, last_item)
);
CREATE TABLE app.items (
    order_id int NOT NULL REFERENCES app.orders,
    id int NOT NULL,
    PRIMARY KEY (order_id, id)
);
ALTER TABLE app.orders ADD CONSTRAINT orders_last FOREIGN KEY (id, last_item) REFERENCES app.items (order_id, id)
    DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE app.events (at timestamp NOT NULL, kind text NOT NULL, PRIMARY KEY (at, kind)) PARTITION BY RANGE (at);
CREATE TABLE app.events_2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE app.events_rest PARTITION OF app.events (kind DEFAULT 'odd') DEFAULT;
CREATE INDEX events_kind_idx ON app.events (kind);

CREATE TABLE app.base (id int NOT NULL, note text);
CREATE TABLE app.child (extra int) INHERITS (app.base);
ALTER TABLE app.child ALTER COLUMN note SET NOT NULL, ALTER COLUMN note SET DEFAULT 'x';

CREATE TABLE app.twice (email text, CONSTRAINT email CHECK (email <> ''), CONSTRAINT a UNIQUE (email));
ALTER TABLE app.twice ALTER COLUMN email SET DEFAULT 'none', ADD CONSTRAINT b UNIQUE (email);

CREATE SEQUENCE app.numbers START 100 INCREMENT 5 OWNED BY app.base.id;

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
begin
    new.seen_at := now();
    return new;
end;
$$;
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION app.newest() RETURNS users LANGUAGE sql STABLE AS $$ SELECT * FROM users ORDER BY seen_at DESC LIMIT 1 $$;
CREATE PROCEDURE app.clean(days int DEFAULT 30) LANGUAGE sql AS $$ DELETE FROM app.events WHERE at < now() - days * interval '1 day' $$;

CREATE SEQUENCE app.counts;
CREATE TABLE app.counted (n int DEFAULT nextval('app.counts'), kind text) PARTITION BY LIST (kind);
CREATE TABLE app.counted_a PARTITION OF app.counted FOR VALUES IN ('a');
ALTER SEQUENCE app.counts OWNED BY app.counted.n;

CREATE TABLE app.words (
    id bigint DEFAULT nextval('app.numbers'),
    code varchar(8) DEFAULT 'x' CHECK (code IN ('x', 'y') AND code NOT LIKE 'z%'),
    kind text CHECK (kind <> ALL (ARRAY['a', 'b']) AND kind = ANY (ARRAY['c'])),
    ratio numeric(4,2) DEFAULT -0.5 CHECK (ratio > -1 AND ratio * id > '-3'::bigint),
    other text DEFAULT ''::varchar,
    none varchar(9) DEFAULT NULL,
    list text[] DEFAULT '{}',
    day date CHECK (day > '2000-01-01' AND day < now() - interval '1 day'),
    CHECK (code = ANY (ARRAY['v'::varchar, 'w'::varchar]::text[])),
    CHECK (coalesce(code, 'none') <> concat(kind, 'k'::varchar))
);
CREATE INDEX words_lower_idx ON app.words (lower(code), (kind || '!')) WHERE code IN ('x', 'y');
CREATE FUNCTION app.greet(who varchar DEFAULT 'you', times int DEFAULT -1) RETURNS varchar LANGUAGE sql AS $$ SELECT who $$;
CREATE VIEW app.short_words AS SELECT w.id, w.code::text AS code, w.kind FROM app.words w WHERE w.code LIKE 'x%' AND w.kind IN ('a', 'b');

CREATE VIEW moods AS SELECT mood, count(*) AS n FROM users GROUP BY mood;
CREATE VIEW app.busy AS WITH users AS (SELECT user_id FROM app.orders) SELECT u.* FROM public.users u JOIN users o ON o.user_id = u.id;
CREATE MATERIALIZED VIEW app.totals AS SELECT user_id, sum(total) AS total FROM app.orders GROUP BY user_id;
CREATE UNIQUE INDEX totals_user_idx ON app.totals (user_id);
COMMENT ON COLUMN moods.n IS 'how many';

ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.orders USING (user_id = current_setting('app.user')::bigint);
CREATE STATISTICS app.orders_stat ON user_id, note FROM app.orders;
CREATE PUBLICATION changes FOR TABLE users;
GRANT SELECT, INSERT ON users TO PUBLIC;
GRANT SELECT (kind) ON app.events TO PUBLIC;
GRANT USAGE ON SCHEMA app TO PUBLIC;
REVOKE EXECUTE ON FUNCTION app.newest() FROM PUBLIC;
