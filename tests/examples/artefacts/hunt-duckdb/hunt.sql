-- Glasshouse: Hunting queries for DuckDB over the lake
-- For alert GH-1a2b3c4d, case C-7, made 2026-11-20T11:00:00Z.
-- This is text. Nothing was executed, blocked or sent; a person decides and does it.
-- How: run it in the DuckDB shell: duckdb < hunt.sql, or query by query. It reads, and changes nothing.
-- How: each SELECT stands alone once the view glasshouse_lookups has been made.

-- Lookups from 2026-10-21T09:00:00Z to 2026-12-20T10:00:00Z, each once.
CREATE OR REPLACE TEMP VIEW glasshouse_lookups AS
SELECT DISTINCT ON (metadata_uid) *
FROM read_parquet('lake/lookups/*/*.parquet', hive_partitioning = true)
WHERE event_day BETWEEN 20261021 AND 20261220 AND time_us BETWEEN 1792573200000000 AND 1797760800000000;

-- 1. the same actor, before, during and after
SELECT CASE WHEN time_us < 1795165200000000 THEN 'before' WHEN time_us > 1795168800000000 THEN 'after' ELSE 'during' END AS part, event_day, database, dst_name, client_name,
       count(*) AS lookups, sum(requests_estimate) AS requests,
       make_timestamp(min(time_us)) AS first_seen, make_timestamp(max(time_us)) AS last_seen
FROM glasshouse_lookups
WHERE (coalesce(trim(regexp_replace(regexp_replace(lower(actor_user_name), '(?s)^.*\\', ''), '(?s)@.*$', '')) IN ('jdoe', 'o''neil'), false) OR coalesce(src_endpoint_ip IN ('192.0.2.17'), false) OR coalesce(lower(rtrim(device_hostname, '.')) IN ('ws-17.example.com'), false) OR coalesce(regexp_replace(lower(rtrim(device_hostname, '.')), '(?s)\..*$', '') IN ('ws-17'), false))
GROUP BY ALL ORDER BY event_day, part;

-- 2. others who asked about the same targets
SELECT actor_user_name, device_hostname, src_endpoint_ip, database,
       count(*) AS lookups, sum(requests_estimate) AS requests,
       make_timestamp(min(time_us)) AS first_seen, make_timestamp(max(time_us)) AS last_seen
FROM glasshouse_lookups
WHERE (list_has_any(list_transform(targets, lambda t: lower(t.value)), ['example.org']))
  AND NOT coalesce((coalesce(trim(regexp_replace(regexp_replace(lower(actor_user_name), '(?s)^.*\\', ''), '(?s)@.*$', '')) IN ('jdoe', 'o''neil'), false) OR coalesce(src_endpoint_ip IN ('192.0.2.17'), false) OR coalesce(lower(rtrim(device_hostname, '.')) IN ('ws-17.example.com'), false) OR coalesce(regexp_replace(lower(rtrim(device_hostname, '.')), '(?s)\..*$', '') IN ('ws-17'), false)), false)
GROUP BY ALL ORDER BY first_seen;

-- 3. the same key, whoever used it
SELECT key_fingerprint, actor_user_name, device_hostname, src_endpoint_ip,
       count(*) AS lookups, sum(requests_estimate) AS requests,
       make_timestamp(min(time_us)) AS first_seen, make_timestamp(max(time_us)) AS last_seen
FROM glasshouse_lookups
WHERE key_fingerprint IN ('hmac-sha256:0001')
GROUP BY ALL ORDER BY first_seen;

-- 4. others with the same client program
SELECT client_name, actor_user_name, device_hostname, src_endpoint_ip,
       count(*) AS lookups, sum(requests_estimate) AS requests,
       make_timestamp(min(time_us)) AS first_seen, make_timestamp(max(time_us)) AS last_seen
FROM glasshouse_lookups
WHERE (client_name IN ('subfinder'))
  AND NOT coalesce((coalesce(trim(regexp_replace(regexp_replace(lower(actor_user_name), '(?s)^.*\\', ''), '(?s)@.*$', '')) IN ('jdoe', 'o''neil'), false) OR coalesce(src_endpoint_ip IN ('192.0.2.17'), false) OR coalesce(lower(rtrim(device_hostname, '.')) IN ('ws-17.example.com'), false) OR coalesce(regexp_replace(lower(rtrim(device_hostname, '.')), '(?s)\..*$', '') IN ('ws-17'), false)), false)
GROUP BY ALL ORDER BY first_seen;

-- 5. other accounts on the same machines and addresses
SELECT actor_user_name, device_hostname, src_endpoint_ip, database,
       count(*) AS lookups, sum(requests_estimate) AS requests,
       make_timestamp(min(time_us)) AS first_seen, make_timestamp(max(time_us)) AS last_seen
FROM glasshouse_lookups
WHERE (src_endpoint_ip IN ('192.0.2.17') OR lower(rtrim(device_hostname, '.')) IN ('ws-17.example.com') OR regexp_replace(lower(rtrim(device_hostname, '.')), '(?s)\..*$', '') IN ('ws-17'))
  AND NOT coalesce(trim(regexp_replace(regexp_replace(lower(actor_user_name), '(?s)^.*\\', ''), '(?s)@.*$', '')) IN ('jdoe', 'o''neil'), false)
GROUP BY ALL ORDER BY first_seen;
