-- PostgreSQL: the key columns of every table, for the table `keys` of current_state.sql, in the table's order, as capture writes
-- them. The key is the replica identity's index where one was chosen, for then deletes bring its columns alone; else the primary
-- key. Tables that have neither are not listed.
SELECT current_database() AS "database", n.nspname AS "schema", t.relname AS "table",
  json_agg(a.attname ORDER BY a.attnum) AS "columns"
FROM pg_class t
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_index i ON i.indrelid = t.oid AND CASE t.relreplident
  WHEN 'i' THEN i.indisreplident
  WHEN 'd' THEN i.indisprimary AND i.indimmediate
  ELSE i.indisprimary
END
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
WHERE t.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND k.place <= i.indnkeyatts
GROUP BY n.nspname, t.relname
ORDER BY n.nspname, t.relname;
