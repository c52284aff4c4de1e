-- People who can sign in. The tasks that refer to them are in tasks.yaml.
CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text NOT NULL UNIQUE,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE users IS 'people who can sign in';
COMMENT ON COLUMN users.email IS 'what they sign in with';
