-- Documents: what became of each and what it adds (see rolled.sql).

CREATE OR REPLACE TEMP TABLE taken AS
WITH lives AS (
    SELECT item AS id,
        arg_min({'channel': d.channel, 'media_type': d.media_type, 'origin': d.origin}, place)
            FILTER (kind = 'document.received') AS arrival,
        min(moment) FILTER (kind = 'document.received') AS received_at,
        arg_max(CASE kind WHEN 'document.read' THEN d.type ELSE d.intent END, place)
            FILTER ((kind = 'document.read' AND d.type <> '') OR (kind = 'item.routed' AND d.intent <> '')) AS type,
        coalesce(bool_or(NOT shadow AND person), false) AS touched,
        coalesce(bool_or(NOT shadow AND (answer OR question)), false) AS delivered,
        coalesce(bool_or(NOT shadow AND kind IN ('outcome.recorded', 'item.dead')), false) AS ended,
        coalesce(bool_or(NOT shadow AND kind IN ('item.failed', 'item.dead')), false) AS failed
    FROM happened GROUP BY item HAVING count(*) FILTER (kind = 'document.received') > 0
), known AS (
    SELECT l.* EXCLUDE (failed), l.failed AS has_failed, r.* EXCLUDE (item),
        delivered OR touched OR ended AS finished, l.received_at + days(7) AS old_at
    FROM lives l LEFT JOIN of_runs r ON r.item = l.id
)
SELECT id, 'document' AS item,
    CAST(timezone($zone, make_timestamptz(received_at)) AS DATE) AS start,
    coalesce(arrival.origin, '') AS origin,
    coalesce(first_agent, '') AS agent,
    coalesce(first_version, '') AS version,
    coalesce(first_model, '') AS model,
    coalesce(type, '') AS intent,
    '' AS language,
    concat_ws(' ', nullif(arrival.channel, ''), nullif(arrival.media_type, '')) AS channel,
    '' AS customer_group,
    received_at, '' AS customer, false AS is_spam,
    CAST(NULL AS BIGINT) AS first_answer_at, CAST(NULL AS BIGINT) AS answered_at,
    CASE WHEN NOT finished AND old_at > $now THEN old_at END AS due_at,
    1 AS items,
    CASE WHEN finished OR old_at <= $now THEN 1 END AS settled,
    CASE WHEN (finished OR old_at <= $now) AND delivered AND NOT touched THEN 1 END AS through,
    CASE WHEN has_failed THEN 1 END AS failed,
    drafted, runs, simulated, cost, cost * cost AS cost_2, tokens, cached_tokens,
    sent AS audit_sent, waiting AS audit_waiting, n AS audit_n, k AS audit_k,
    w AS audit_w, ww AS audit_ww, wk AS audit_wk, wwk AS audit_wwk,
    field_documents, field_n, field_k, field_w, field_wk, field_ww, field_wwk, field_wwkk,
    seconded, seconded_first, seconded_second, seconded_both,
    list_transform(coalesce(run_waits, []), lambda x: {'what': 'run', 'bucket': x}) AS waits,
    c.calls AS named
FROM known LEFT JOIN called c ON c.item = known.id;
