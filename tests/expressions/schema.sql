CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE address AS (street text, zip varchar(10));
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE SCHEMA app;
CREATE TABLE app.dept (id int PRIMARY KEY, name text NOT NULL, budget numeric(12,2));
CREATE TABLE t (id int PRIMARY KEY, a int, b int, s smallint, big bigint, n numeric(10,2), f double precision, r real,
 txt text, vc varchar(20), ch char(5), flag boolean, d date, ts timestamp, tz timestamptz, iv interval, j json, jb jsonb,
 ta text[], ia int[], m mood, p positive, addr address, u uuid, rng int4range, days daterange, ip inet, dept_id int, c text COLLATE "C");
CREATE SEQUENCE t_seq;
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
CREATE FUNCTION double(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'select x * 2';
CREATE FUNCTION double(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'select x * 2';
CREATE FUNCTION app.tag(x text, suffix text DEFAULT '!') RETURNS text LANGUAGE sql IMMUTABLE AS 'select x || suffix';
CREATE TABLE pr (id int, at timestamptz, code text) PARTITION BY RANGE (id);
CREATE TABLE pt (id int, at timestamptz, code text) PARTITION BY RANGE (at);
CREATE TABLE pl (id int, code text) PARTITION BY LIST (code);
CREATE TABLE log (id int, what text, n numeric(8,3));
