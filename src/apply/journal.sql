CREATE SCHEMA reconcile;
COMMENT ON SCHEMA reconcile IS 'journal of the schema changes that reconcile has applied';
CREATE TABLE reconcile.runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    finished_at timestamptz,
    login text NOT NULL DEFAULT SESSION_USER,
    role text NOT NULL DEFAULT CURRENT_USER,
    tool text NOT NULL,
    plan_from text NOT NULL,
    plan_to text NOT NULL,
    plan_hash text NOT NULL,
    steps integer NOT NULL,
    result text NOT NULL DEFAULT 'running' CHECK (result IN ('running', 'done', 'failed')),
    error text
);
CREATE TABLE reconcile.steps (
    run bigint NOT NULL REFERENCES reconcile.runs ON DELETE CASCADE,
    number integer NOT NULL,
    object text NOT NULL,
    change text NOT NULL,
    statement text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    error text,
    PRIMARY KEY (run, number)
);
