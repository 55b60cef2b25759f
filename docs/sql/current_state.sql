-- The present rows of every table and collection, rebuilt from bronze. DuckDB 1.5; docs/current-state.md tells how to use it.
--
--   changes(bronze, claims)       each event once
--   current_rows(bronze, claims)  each row that is there now
--   left_out(bronze, claims)      how many changes current_rows could not place, and why
--
-- `bronze` and `claims` are globs, or lists of them: 'lake/bronze/*/*/*/*/data_*.json' and 'lake/claims/**'.

-- The key columns of PostgreSQL's tables: events do not tell them. docs/sql/postgresql_keys.sql asks the database. MongoDB's
-- documents are told apart by their _id and need no entry. The server '*' is every server that has no entry of its own.
CREATE TABLE IF NOT EXISTS keys (
  database VARCHAR, schema VARCHAR, "table" VARCHAR, columns VARCHAR[], server VARCHAR DEFAULT '*',
  PRIMARY KEY (server, database, schema, "table"));

-- DuckDB's JSON functions write anew what they take out: 12.50 becomes 12.5, 1e5 becomes 100000.0, -0 becomes 0, and "\u0041"
-- becomes "A". So they see shielded JSON, in which each number, string and name is a string that holds its own token,
-- quotes, escapes and all: {"a":12.50} is {"\"a\"":"12.50"}. Characters 1 to 3 cannot stand in JSON; here they stand for \\, \"
-- and a quote while the backslashes are doubled.
CREATE OR REPLACE MACRO shielded(json) AS
  replace(replace(replace(replace(
    regexp_replace(
      replace(replace(replace(json, '\\', chr(1)), '\"', chr(2)), '"', chr(3)),
      '(\x03[^\x03]*\x03|-?[0-9][-+.0-9eE]*)', '"\1"', 'g'),
    '\', '\\'), chr(3), '\"'), chr(2), '\\\"'), chr(1), '\\\\');

-- The way back: the tokens as they were sent, without white space between them.
CREATE OR REPLACE MACRO tokens(shielded_json) AS
  replace(replace(replace(replace(replace(
    shielded_json::VARCHAR, '\\', chr(1)), '\"', chr(2)), '"', ''), chr(2), '"'), chr(1), '\');

-- The JSON pointer to a name's token.
CREATE OR REPLACE MACRO pointer(token) AS '/' || replace(replace(token, '~', '~0'), '/', '~1');

-- The same to a field of a shard key, whose name is a path: "address.region".
CREATE OR REPLACE MACRO shard_path(token) AS replace(pointer(token), '.', '"/"');

-- What stands in a line before the payload, as a pattern: names, values, and objects (`properties` and `change`), in which another
-- "payload" may stand.
CREATE OR REPLACE MACRO header() AS '^\{(?:[^"{}]|"(?:[^"\\]|\\.)*"|\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\})*?,"payload":';

-- Each event once, its payload token for token as it was sent. What the hub has twice under one eventId its sender sent twice:
-- the first counts. What it has under one sequence number is one event in two files, while a day is being optimised.
CREATE OR REPLACE MACRO changes(bronze, claims) AS TABLE
WITH line AS (
  -- The whole line as text, and of it, typed by name, all that is not the payload: nothing is inferred.
  SELECT json AS text, unnest(json_transform(json, '{
      "format": "BIGINT", "source": "VARCHAR", "namespace": "VARCHAR", "hub": "VARCHAR", "incarnation": "BIGINT",
      "partition": "VARCHAR", "sequenceNumber": "BIGINT", "enqueuedTime": "TIMESTAMP", "eventId": "VARCHAR", "payloadRef": "VARCHAR",
      "properties": {"rowKey": "VARCHAR"},
      "change": {"operation": "VARCHAR", "server": "VARCHAR", "database": "VARCHAR", "schema": "VARCHAR", "table": "VARCHAR",
        "relation": "BIGINT", "committedTime": "VARCHAR", "history": "BIGINT", "position": "VARCHAR", "index": "BIGINT",
        "transactionId": "VARCHAR"}}'))
  FROM read_ndjson_objects(bronze)
),
once AS (
  SELECT *, regexp_replace(text, header(), '') AS rest FROM line
  -- A newer format may say the same in another way: no rows are better than wrong ones.
  WHERE CASE WHEN format = 1 THEN true ELSE error('a line of format ' || coalesce(format::VARCHAR, 'unknown')
    || ': this SQL reads format 1. Take the one that came with the version that wrote it.') END
  QUALIFY row_number() OVER (
    PARTITION BY source, eventId,
      CASE WHEN eventId IS NULL THEN (namespace, hub, incarnation, "partition", sequenceNumber) END
    ORDER BY incarnation, sequenceNumber, "partition") = 1
),
-- A reference is the path from the file system's root on; nothing below that is called `claims` again.
-- A file that is no JSON counts as missing: it is one row's trouble, and no other's.
claim AS (
  SELECT regexp_extract('/' || filename, '^.*/(claims/.*)$', 1) AS payloadRef, TRY(decode(content)) AS content
  FROM read_blob(claims)
)
SELECT source, change.server, change.database, change.schema, change."table", change.relation, change.operation,
  change.committedTime, coalesce(change.history, 0) AS history, change.position, coalesce(change.index, 0) AS index,
  change.transactionId, eventId, namespace, hub, incarnation, "partition", sequenceNumber, enqueuedTime,
  payloadRef IS NOT NULL AND NOT coalesce(json_valid(content), false) AS claimMissing,
  -- Of which row a large event is, `public.orders/[42]`, as our capture states it beside the reference.
  CASE WHEN payloadRef IS NOT NULL THEN properties.rowKey END AS rowKey,
  nullif(CASE
    WHEN payloadRef IS NOT NULL THEN CASE WHEN json_valid(content) THEN content END
    WHEN length(rest) < length(text) THEN left(rest, -1)
    -- Properties with objects in them: more than the pattern knows.
    ELSE tokens(shielded(text) -> '/"payload"')
  END, 'null') AS payload
FROM once LEFT JOIN claim USING (payloadRef);

-- How the row key of a large event begins. Names with these characters are quoted there.
CREATE OR REPLACE MACRO key_part(name) AS
  CASE WHEN regexp_matches(name, '[."/\[\]]') THEN '"' || replace(name, '"', '""') || '"' ELSE name END;
CREATE OR REPLACE MACRO row_prefix(source, database, schema, "table") AS
  CASE WHEN source = 'mongodb' THEN database || '.' || "table" || '/{'
    ELSE key_part(schema) || '.' || key_part("table") || '/[' END;

-- The changes of rows, in the source's order (`ordinal`), each with its row's key. Messages, transactions, tombstones and what is
-- no change at all (operation null) say nothing about rows. `after` is the new row, shielded; for MongoDB the fullDocument.
CREATE OR REPLACE MACRO row_changes(bronze, claims) AS TABLE
WITH event AS MATERIALIZED (
  SELECT *, row_number() OVER (
    -- What a snapshot read stands before the changes of the same position: they come in the stream because they may be newer. But a
    -- collection that was dropped or renamed was so before its documents were read. Events of one cluster time are in the order of
    -- their resume tokens.
    ORDER BY history, position NULLS FIRST,
      CASE WHEN source = 'mongodb' AND operation IN ('drop', 'rename') THEN 0 WHEN operation = 'read' THEN 1 ELSE 2 END,
      index, CASE WHEN source = 'mongodb' THEN eventId END NULLS FIRST, incarnation, sequenceNumber, "partition", namespace, hub
  ) AS ordinal
  FROM (SELECT * EXCLUDE (payload), shielded(payload) AS body FROM changes(bronze, claims))
  WHERE operation IN ('create', 'read', 'update', 'replace', 'delete', 'truncate', 'drop', 'rename')
),
key AS (SELECT database, schema, "table", map_from_entries(list((server, columns))) AS by_server FROM keys GROUP BY ALL),
-- A table that was renamed has the key of its last name that has one: the database lists its present name alone.
named AS (
  SELECT server, database, history, relation, arg_max(coalesce(by_server[server], by_server['*']), ordinal) AS columns
  FROM (SELECT server, database, schema, "table", history, relation, max(ordinal) AS ordinal
    FROM event WHERE relation IS NOT NULL GROUP BY ALL) JOIN key USING (database, schema, "table")
  GROUP BY ALL
),
part AS (
  SELECT event.*, coalesce(named.columns, by_server[server], by_server['*']) AS key_columns, CASE
    -- A snapshot of MongoDB is told as Debezium tells it: the document is JSON in a string.
    WHEN source = 'mongodb' AND json_exists(body, '/"op"') THEN
      [NULL::JSON, shielded(tokens(body -> '/"after"')::JSON ->> '$')::JSON, NULL::JSON]
    WHEN source = 'mongodb' THEN json_extract(body, ['/"documentKey"', '/"fullDocument"', '/"-"'])
    -- Debezium's converter may put the envelope into {"schema":…,"payload":…}.
    WHEN json_exists(body, '/"op"') THEN json_extract(body, ['/"before"', '/"after"', '/"unchanged"'])
    ELSE json_extract(body, ['/"payload"/"before"', '/"payload"/"after"', '/"payload"/"unchanged"'])
  END AS parts
  FROM event LEFT JOIN key USING (database, schema, "table") LEFT JOIN named USING (server, database, history, relation)
),
image AS (
  SELECT *, nullif(parts[1], 'null') AS before,
    CASE WHEN operation <> 'delete' THEN nullif(parts[2], 'null') END AS after,
    coalesce(from_json(parts[3], '["VARCHAR"]'), []) AS unchanged
  FROM part
)
SELECT {source: source, server: server, database: database, schema: schema, "table": "table"} AS place,
  -- Which table of PostgreSQL it is, whatever its name: its OID in a history of the server.
  CASE WHEN relation IS NOT NULL THEN {server: server, database: database, history: history, relation: relation} END AS relation,
  -- What a collection is renamed to.
  CASE WHEN operation = 'rename' AND json_exists(body, '/"to"/"coll"') THEN {source: source, server: server,
    database: tokens(body -> '/"to"/"db"')::JSON ->> '$', schema: NULL::VARCHAR,
    "table": tokens(body -> '/"to"/"coll"')::JSON ->> '$'} END AS target,
  operation, history, position, index, ordinal, claimMissing, body IS NULL AND NOT claimMissing AS erased,
  key_columns IS NOT NULL OR source = 'mongodb' AS has_key,
  -- Null where a key column's value is nowhere in the change: || keeps it null. A large key may be among the unchanged.
  -- Of a documentKey only the _id: a snapshot cannot tell a shard key, and a collection may be sharded later.
  CASE WHEN claimMissing THEN CASE
      WHEN NOT starts_with(rowKey, row_prefix(source, database, schema, "table")) THEN NULL
      WHEN source = 'mongodb' THEN
        '{"_id":' || tokens(shielded(substring(rowKey, length(row_prefix(source, database, schema, "table")))) -> '/"_id"') || '}'
      WHEN key_columns IS NOT NULL THEN substring(rowKey, length(row_prefix(source, database, schema, "table")))
    END
    WHEN source = 'mongodb' THEN '{"_id":' || tokens(coalesce(before, after) -> '/"_id"') || '}' ELSE '[' || list_reduce(
    list_transform(key_columns, lambda name:
      tokens(coalesce(after -> pointer(to_json(name)::VARCHAR), before -> pointer(to_json(name)::VARCHAR)))),
    lambda text, token: text || ',' || token) || ']' END AS key,
  -- In a sharded collection: the values of the shard key with the _id.
  CASE WHEN source = 'mongodb' AND len(json_keys(before)) > 1 THEN before::VARCHAR END AS shard_key,
  after, unchanged
FROM image;

-- Which table has a name: that of the last change under it. Rows go with their table when it is renamed, also by one of a swap; a
-- table that was dropped, or gave its name away and was not changed since, no longer holds it.
CREATE OR REPLACE MACRO holders(lake) AS TABLE
WITH last AS (
  SELECT relation, arg_max(place, ordinal) AS place, max(ordinal) AS ordinal
  FROM query_table(lake) WHERE relation IS NOT NULL GROUP BY relation
)
-- The OID stays with the table from one history of its server to the next.
SELECT relation, place, relation.relation = arg_max(relation.relation, ordinal) OVER (PARTITION BY place) AS holds FROM last;

-- The present rows after the changes in `lake`, the name of a table or view that holds row_changes(…).
CREATE OR REPLACE MACRO rows_after(lake) AS TABLE
WITH RECURSIVE held AS (
  SELECT event.* EXCLUDE (place), coalesce(holder.place, event.place) AS place
  FROM query_table(lake) event LEFT JOIN holders(lake) holder USING (relation)
  WHERE coalesce(holder.holds, true)
),
-- A rename takes all rows from both names: what is under the new one from then on, our capture reads.
cleared AS (
  SELECT place, max(ordinal) AS ordinal FROM (
    SELECT place, ordinal FROM held WHERE operation IN ('truncate', 'drop', 'rename')
    UNION ALL SELECT target, ordinal FROM held WHERE target IS NOT NULL
  ) GROUP BY place
),
-- A document that moved to another shard is deleted there and created here at one cluster time, and nothing says which came first.
-- So at one time the shard keys under which it ends deleted do not count where there is one under which it does not.
sharded AS (
  SELECT place, key, history, position, shard_key, arg_max(operation, ordinal) AS operation, list(ordinal) AS ordinals
  FROM held WHERE shard_key IS NOT NULL GROUP BY ALL
),
moved AS (
  SELECT unnest(gone.ordinals) FROM sharded gone JOIN sharded made USING (place, key, history, position)
  WHERE gone.operation = 'delete' AND made.operation <> 'delete' AND gone.shard_key <> made.shard_key
    AND json_keys(gone.shard_key) = json_keys(made.shard_key)
),
change AS (
  SELECT event.* FROM held event LEFT JOIN cleared USING (place)
  WHERE event.key IS NOT NULL AND event.ordinal > coalesce(cleared.ordinal, 0) AND event.ordinal NOT IN (FROM moved)
),
-- The delete may also be later than the create. It removes the document only where its shard key is the one that the document has by
-- then: an update may change it in place, and then states the former one as its documentKey, so the document itself is asked first.
elsewhere AS (
  SELECT gone.ordinal FROM (
    SELECT ordinal, operation, shard_key,
      max(ordinal) FILTER (WHERE operation <> 'delete') OVER (PARTITION BY place, key ORDER BY ordinal) AS present
    FROM change WHERE (place, key) IN (SELECT (place, key) FROM change WHERE operation = 'delete' AND shard_key IS NOT NULL)
  ) gone JOIN change made ON made.ordinal = gone.present
  WHERE gone.operation = 'delete' AND CASE
    WHEN (made.after -> shard_path(json_keys(gone.shard_key)[1])) IS NULL
      THEN json_keys(gone.shard_key) = json_keys(made.shard_key) AND gone.shard_key <> made.shard_key
    ELSE len(list_filter(json_keys(gone.shard_key), lambda name:
      tokens(made.after -> shard_path(name)) <> tokens(gone.shard_key::JSON -> pointer(name)))) > 0
  END
),
-- The last change of a row decides whether it is there.
last AS (
  SELECT * FROM change
  WHERE operation <> 'delete'
    AND ordinal IN (SELECT max(ordinal) FROM change WHERE ordinal NOT IN (FROM elsewhere) GROUP BY place, key)
),
-- A table's columns, as its last change has them.
shape AS (
  SELECT place, list_concat(json_keys(arg_max(after, ordinal)), arg_max(unchanged, ordinal)) AS columns
  FROM change WHERE place.source = 'postgresql' AND after IS NOT NULL GROUP BY place
),
created AS (SELECT place, key, max(ordinal) AS ordinal FROM change WHERE operation = 'create' GROUP BY place, key),
-- A row that a change of its key created was there before: under its old key, by the delete just before in the same
-- transaction, or, if a snapshot read it late, already under the new one.
origin AS (
  SELECT ordinal, key, ordinal AS before FROM change WHERE operation = 'create' AND unchanged <> []
  UNION ALL
  SELECT change.ordinal, gone.key, gone.ordinal AS before
  FROM change JOIN change gone ON gone.place = change.place AND gone.history = change.history
    AND gone.position = change.position AND gone.index = change.index - 1 AND gone.operation = 'delete'
  WHERE change.operation = 'create' AND change.unchanged <> []
),
-- Values that a row's last change left out as unchanged: back along the row's changes to the last one that has the column, or
-- to the row's creation, and from there to its origin, if the column was unchanged then, too.
search AS (
  SELECT ordinal AS wanted, unnest(unchanged) AS "column", place, key, ordinal + 1 AS before, NULL::JSON AS value, 0 AS doubt
  FROM last
  UNION ALL
  SELECT stop.wanted, stop."column", stop.place, origin.key, origin.before, stop.value, stop.doubt
  FROM (
    SELECT reached.wanted, reached."column", change.place, change.after -> pointer(reached."column") AS value,
      CASE WHEN list_contains(change.unchanged, reached."column") THEN change.ordinal END AS open,
      -- A snapshot may have read a later row of this key instead: one that was created after the row in question had gone.
      CASE WHEN change.operation = 'read' AND created.ordinal > reached.before THEN 1 ELSE 0 END AS doubt
    FROM (
      SELECT search.wanted, search."column", search.before, max(change.ordinal) AS ordinal
      FROM search JOIN change ON change.place = search.place AND change.key = search.key AND change.ordinal < search.before
        -- An update whose claim is missing may have changed it.
        AND (change.operation <> 'update' OR change.after IS NULL OR json_exists(change.after, pointer(search."column")))
      WHERE search.value IS NULL GROUP BY ALL
    ) reached JOIN change USING (ordinal) LEFT JOIN created USING (place, key)
  ) stop LEFT JOIN origin ON origin.ordinal = stop.open
),
found AS (
  SELECT wanted AS ordinal, map_from_entries(list(("column", value))) AS older, list("column") FILTER (WHERE doubt > 0) AS doubted
  FROM (
    SELECT wanted, "column", arg_min(value, doubt) AS value, min(doubt) AS doubt
    FROM search WHERE value IS NOT NULL GROUP BY ALL
  ) GROUP BY wanted
),
whole AS (
  SELECT last.*, shape.columns, json_keys(last.after) AS own, coalesce(found.older, MAP {}) AS older,
    coalesce(found.doubted, []) AS doubted
  FROM last LEFT JOIN shape USING (place) LEFT JOIN found USING (ordinal)
)
SELECT place.source, place.server, place.database, place.schema, place."table", key,
  CASE WHEN after IS NULL THEN NULL WHEN columns IS NULL OR columns = own THEN tokens(after) ELSE '{' || array_to_string(
    list_transform(columns, lambda name: name || ':' || coalesce(tokens(coalesce(after -> pointer(name), older[name])), 'null')),
    ',') || '}' END AS row,
  history, position, index,
  -- Columns whose value the lake does not tell (they are null in `row`), or not for sure; `*` for a whole document.
  CASE WHEN after IS NULL THEN ['*'] WHEN columns IS NULL OR columns = own THEN []
    ELSE list_transform(
      list_filter(columns, lambda name:
        NOT list_contains(own, name) AND (older[name] IS NULL OR list_contains(doubted, name))),
      lambda name: name ->> '$') END AS unsure
FROM whole;

CREATE OR REPLACE MACRO current_rows(bronze, claims) AS TABLE
WITH lake AS MATERIALIZED (FROM row_changes(bronze, claims)) FROM rows_after('lake');

-- What rows_after leaves aside, so that nobody takes its answer for more than it is.
CREATE OR REPLACE MACRO left_out_of(lake) AS TABLE
WITH reason AS (
  SELECT coalesce(target, event.place) AS place, CASE
      -- Of our own capture, which reads the documents under their new name, a rename leaves nothing out.
      WHEN operation = 'rename' THEN CASE WHEN history = 0 THEN 'renamed collection' END
      WHEN claimMissing THEN 'claim is missing'
      WHEN NOT coalesce(holds, true) THEN 'another table has its name'
      WHEN key IS NOT NULL OR operation IN ('truncate', 'drop') THEN NULL
      WHEN NOT has_key THEN 'table without key columns'
      WHEN erased THEN 'payload is erased'
      ELSE 'no key in the change'
    END AS reason
  FROM query_table(lake) event LEFT JOIN holders(lake) holder USING (relation)
)
SELECT place.source, place.server, place.database, place.schema, place."table", reason, count(*) AS changes
FROM reason WHERE reason IS NOT NULL
GROUP BY ALL ORDER BY ALL;

CREATE OR REPLACE MACRO left_out(bronze, claims) AS TABLE
WITH lake AS MATERIALIZED (FROM row_changes(bronze, claims)) FROM left_out_of('lake');
