CREATE VIEW app.short_words AS
SELECT id, code::text AS code, kind
FROM app.words w
WHERE
  code LIKE 'x%'
  AND kind IN ('a', 'b');

GRANT SELECT ON app.short_words TO PUBLIC;
