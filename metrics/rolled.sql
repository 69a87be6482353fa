-- What each item adds to the figures, set-based, in DuckDB: the rules of metrics/fold.py and metrics/contribution.py
-- over many items at once. The tests hold the two equal on generated histories.
--
-- In: table `log` in the order of things (its rowid is the order), one row an event that matters, times in
-- microseconds; `is_document`; variables moment, zone. Times are BIGINT throughout: 3600000000 is an hour.

CREATE OR REPLACE TEMP MACRO hours(n) AS n * 3600000000;
CREATE OR REPLACE TEMP MACRO days(n) AS n * 86400000000;
CREATE OR REPLACE TEMP MACRO micro(x) AS CAST(round_even(x * 1000000, 0) AS BIGINT);
CREATE OR REPLACE TEMP MACRO bucket(seconds) AS CAST(ceil(ln(greatest(seconds, 0.001)) / ln(1.02) - 1e-9) AS INTEGER);
CREATE OR REPLACE TEMP MACRO wait(start, stop) AS CASE WHEN stop IS NULL THEN 10000 ELSE bucket((stop - start) / 1e6) END;

-- Runs -----------------------------------------------------------------------------------------------------------
CREATE OR REPLACE TEMP TABLE runs AS
WITH told AS (
    SELECT item, run,
        min(rowid) AS place,
        arg_max({'agent': coalesce(d.agent, ''), 'version': coalesce(d.version, ''), 'model': coalesce(d.model, ''),
                 'kind': coalesce(d.proposal, ''), 'cost': coalesce(d.cost_usd, 0), 'seconds': coalesce(d.seconds, 0),
                 'tokens': coalesce(d.input_tokens, 0) + coalesce(d.output_tokens, 0),
                 'cached': coalesce(d.cached_tokens, 0)}, rowid) FILTER (kind = 'run.recorded') AS made,
        arg_max({'answered': d.answered, 'failed': d.failed}, rowid) FILTER (kind = 'run.recorded') AS calls,
        arg_max(coalesce(d.shadow, false), rowid)
            FILTER (kind = 'run.recorded' OR (kind = 'decision.recorded' AND d.shadow)) AS shadow,
        arg_max(coalesce(d.action, ''), rowid) FILTER (kind = 'decision.recorded') AS action,
        bool_or(kind = 'audit.drawn' OR (kind = 'decision.recorded' AND coalesce(d.audited, false))) AS audited,
        arg_max(CASE WHEN kind = 'audit.drawn' THEN d.probability ELSE coalesce(d.audit_probability, 0) END, rowid)
            FILTER (kind IN ('audit.drawn', 'decision.recorded')) AS p,
        arg_max({'right': coalesce(d."right", false), 'simulated': coalesce(d.simulated, false), 'fields': d.fields,
                 'wrong': coalesce(len(d.wrong_fields), 0)}, rowid) FILTER (kind = 'audit.judged') AS judged,
        sum(d.seconds) FILTER (kind IN ('audit.judged', 'audit.seconded')) AS judging,
        arg_max({'right': coalesce(d."right", false), 'first': coalesce(d."right" = d.agreed, false)}, rowid)
            FILTER (kind = 'audit.seconded') AS seconded
    FROM log
    WHERE run IS NOT NULL
      AND kind IN ('run.recorded', 'decision.recorded', 'audit.drawn', 'audit.judged', 'audit.seconded')
    GROUP BY item, run
)
SELECT item, run, place, coalesce(shadow, false) AS shadow,
    coalesce(made.agent, '') AS agent, coalesce(made.version, '') AS version, coalesce(made.model, '') AS model,
    coalesce(made.kind, '') <> 'abstain' AND coalesce(made.agent, '') <> '' AS drafted,
    coalesce(made.cost, 0) AS cost, coalesce(made.seconds, 0) AS seconds,
    coalesce(made.tokens, 0) AS tokens, coalesce(made.cached, 0) AS cached,
    calls,
    coalesce(action, '') = 'automate' AS automated,
    audited AND coalesce(p, 0) > 0 AS drawn, coalesce(p, 0) AS p,
    CASE WHEN audited THEN judged."right" END AS "right",
    audited AND coalesce(judged.simulated, false) AS simulated,
    CASE WHEN audited THEN judged.fields END AS fields,
    CASE WHEN judged."right" THEN judged.fields
         WHEN judged.wrong > 0 THEN greatest(judged.fields - judged.wrong, 0) END AS fields_right,
    CASE WHEN audited THEN seconded END AS seconded,
    CASE WHEN audited AND judged IS NOT NULL THEN judging END AS judging
FROM told;

CREATE OR REPLACE TEMP TABLE of_runs AS
WITH weighed AS (
    SELECT *, automated AND drawn AND "right" IS NOT NULL AS known,
        CAST(round_even(1000000 / nullif(p, 0), 0) AS BIGINT) AS w,
        CAST(round_even(1000000 / nullif(p * p, 0), 0) AS BIGINT) AS ww
    FROM runs WHERE NOT shadow
), marked AS (
    SELECT *, known AND fields > 0 AND fields_right IS NOT NULL AS by_field FROM weighed
)
SELECT item,
    count(*) AS runs,
    count(*) FILTER (automated) AS sent,
    count(*) FILTER (automated AND drawn AND "right" IS NULL) AS waiting,
    count(*) FILTER (known) AS n,
    count(*) FILTER (known AND "right") AS k,
    sum(w) FILTER (known) AS w,
    sum(ww) FILTER (known) AS ww,
    sum(w) FILTER (known AND "right") AS wk,
    sum(ww) FILTER (known AND "right") AS wwk,
    count(*) FILTER (by_field) AS field_documents,
    sum(fields) FILTER (by_field) AS field_n,
    sum(fields_right) FILTER (by_field) AS field_k,
    sum(w * fields) FILTER (by_field) AS field_w,
    sum(w * fields_right) FILTER (by_field) AS field_wk,
    sum(ww * fields * fields) FILTER (by_field) AS field_ww,
    sum(ww * fields * fields_right) FILTER (by_field) AS field_wwk,
    sum(ww * fields_right * fields_right) FILTER (by_field) AS field_wwkk,
    count(*) FILTER (seconded IS NOT NULL) AS seconded,
    count(*) FILTER (seconded."first") AS seconded_first,
    count(*) FILTER (seconded."right") AS seconded_second,
    count(*) FILTER (seconded."first" AND seconded."right") AS seconded_both,
    count(*) FILTER ("right" IS NOT NULL) AS judged,
    count(judging) AS judged_timed,
    CAST(sum(round_even(judging * 1000, 0)) AS BIGINT) AS judged_ms,
    CAST(bool_or(drafted) AS INTEGER) AS drafted,
    CAST(bool_or(simulated) AS INTEGER) AS simulated,
    micro(sum(cost)) AS cost,
    CAST(sum(tokens) AS BIGINT) AS tokens,
    CAST(sum(cached) AS BIGINT) AS cached_tokens,
    list(bucket(seconds)) AS run_waits,
    arg_min(agent, place) FILTER (agent <> '') AS first_agent,
    arg_min(version, place) FILTER (agent <> '') AS first_version,
    arg_min(model, place) FILTER (model <> '') AS first_model
FROM marked GROUP BY item;

-- Events of shadow runs answer nobody.
CREATE OR REPLACE TEMP TABLE shadows AS SELECT item, run FROM runs WHERE shadow;
CREATE OR REPLACE TEMP VIEW happened AS
SELECT l.rowid AS place, l.item, l.kind, l.moment, l.d, s.run IS NOT NULL AS shadow,
    coalesce(l.kind = 'delivery.sent' AND l.d."by" = 'agent' AND NOT coalesce(l.d.question, false), false) AS answer,
    coalesce(l.kind = 'delivery.sent' AND l.d."by" = 'agent' AND l.d.question, false) AS question,
    l.kind IN ('message.received', 'ticket.reopened') AS asked,
    l.kind IN ('review.approved', 'review.edited', 'review.rejected', 'review.taken_over', 'staff.replied') AS person
FROM log l LEFT JOIN shadows s ON s.item = l.item AND s.run = l.run;

-- Calls of models: of runs, and of attempts that failed, each told by its own event.
CREATE OR REPLACE TEMP TABLE called AS
WITH told AS (
    SELECT item, calls FROM runs WHERE NOT shadow AND calls IS NOT NULL
    UNION ALL
    SELECT item, {'answered': d.answered, 'failed': d.failed} FROM happened
    WHERE kind IN ('item.failed', 'item.dead') AND NOT shadow
), entries AS (
    SELECT item, 'answered:' AS what, unnest(map_entries(calls.answered)) AS one FROM told
    UNION ALL SELECT item, 'failed:', unnest(map_entries(calls.failed)) FROM told
), counted AS (
    SELECT item, what || regexp_replace(trim(one.key), '\s+', '_', 'g') AS code, CAST(sum(one.value) AS BIGINT) AS n
    FROM entries GROUP BY ALL
)
SELECT item, list({'code': code, 'n': n}) AS calls FROM counted GROUP BY item;
