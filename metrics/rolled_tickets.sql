-- Tickets: the first episode, the whole life as the vendors see it, and what both add (see rolled.sql).

-- The episode ends at the first event more than 7 days after an answer with nothing said since.
CREATE OR REPLACE TEMP TABLE spoken AS
SELECT item, place, moment, answer, person,
    lead(moment) OVER (PARTITION BY item ORDER BY place) AS next_at
FROM happened WHERE NOT shadow AND (answer OR question OR asked OR person);

CREATE OR REPLACE TEMP TABLE ended AS
WITH late AS (  -- the few that anything happened to so late
    SELECT item FROM happened WHERE NOT shadow
    GROUP BY item HAVING max(moment) > min(moment) FILTER (answer) + days(7)
), before AS (
    SELECT item, place, moment,
        last_value(CASE WHEN answer THEN moment WHEN asked THEN 9000000000000000000 END IGNORE NULLS)
            OVER (PARTITION BY item ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS answered_at
    FROM happened SEMI JOIN late USING (item) WHERE NOT shadow
)
SELECT item, min(place) AS place FROM before WHERE moment - days(7) > answered_at GROUP BY item;

CREATE OR REPLACE TEMP TABLE lives AS
WITH told AS (
    SELECT h.*, NOT h.shadow AND (e.place IS NULL OR h.place < e.place) AS ep
    FROM happened h LEFT JOIN ended e ON e.item = h.item
)
SELECT item AS id,
    arg_min({'channel': d.channel, 'language': d.language, 'customer': d.customer, 'origin': d.origin,
             'customer_group': d.customer_group}, place)
        FILTER (kind = 'ticket.received') AS arrival,
    min(moment) FILTER (kind = 'ticket.received') AS received_at,
    -- what it is, at any time
    coalesce(bool_or(kind = 'ticket.marked_spam') FILTER (NOT shadow), false) AS spam,
    coalesce(bool_or(kind = 'ticket.merged') FILTER (NOT shadow), false) AS merged,
    coalesce(bool_or(kind IN ('item.failed', 'item.dead')) FILTER (NOT shadow), false) AS failed,
    arg_min(d.rating, place) FILTER (kind = 'csat.answered' AND NOT shadow) AS csat,
    coalesce(bool_or(kind = 'csat.asked') FILTER (NOT shadow), false) AS csat_asked,
    arg_min(d.intent, place) FILTER (kind = 'item.routed' AND d.intent <> '' AND (ep OR shadow)) AS intent,
    -- the episode
    arg_min(d.agent, place) FILTER (ep AND kind = 'item.routed' AND d.agent <> '') AS routed_agent,
    arg_min(d.language, place) FILTER (ep AND kind = 'item.routed' AND d.language <> '') AS routed_language,
    arg_max({'agent': coalesce(d.agent, ''), 'version': coalesce(d.version, ''), 'model': coalesce(d.model, '')}, place)
        FILTER (ep AND kind = 'run.recorded' AND coalesce(d.proposal, '') <> 'abstain') AS draft,
    coalesce(bool_or(ep AND kind = 'decision.recorded' AND d.action = 'decline'), false) AS declined,
    coalesce(list_distinct(flatten(list(d.reasons)
        FILTER (ep AND kind = 'decision.recorded' AND coalesce(d.action, '') <> 'automate'))), []) AS reasons,
    min(moment) FILTER (ep AND answer) AS first_answer_at,
    max(moment) FILTER (ep AND answer) AS answered_at,
    coalesce(max(place) FILTER (ep AND answer), -1) <= coalesce(max(place) FILTER (ep AND asked), -1)
        OR max(moment) FILTER (ep AND answer) IS NULL AS open,
    coalesce(bool_or(ep AND person), false) AS touched,
    coalesce(bool_or(ep AND kind IN ('staff.replied', 'review.taken_over', 'review.rejected')), false) AS staff_replied,
    min(moment) FILTER (ep AND (kind = 'staff.replied' OR (kind = 'delivery.sent' AND d.effect = 'reply'))) AS first_reply_at,
    max(moment) FILTER (ep AND (kind = 'staff.replied' OR (kind = 'delivery.sent' AND d.effect = 'reply'))) AS last_reply_at,
    coalesce(bool_or(ep AND kind = 'ticket.reopened'), false) AS reopened,
    coalesce(bool_or(ep AND (kind = 'ticket.confirmed' OR (kind = 'ticket.closed' AND d."by" = 'customer'))), false)
        AS confirmed,
    sum(d.seconds) FILTER (ep AND person) AS human_seconds,
    -- the whole life, as the vendors look at it
    coalesce(bool_or(answer) FILTER (NOT shadow), false) AS ever_answered,
    count(*) FILTER (NOT shadow AND (answer OR question)) AS replies,
    coalesce(max(place) FILTER (NOT shadow AND answer), -1) > coalesce(max(place) FILTER (NOT shadow AND asked), -1)
        AS last_word,
    coalesce(bool_or(kind = 'ticket.confirmed' OR (kind = 'ticket.closed' AND d."by" = 'customer'))
        FILTER (NOT shadow), false) AS ever_confirmed,
    min(moment) FILTER (NOT shadow AND person) AS person_at,
    min(place) FILTER (NOT shadow AND person) AS person_place,
    min(moment) FILTER (NOT shadow AND kind = 'ticket.closed') AS closed_at,
    min(moment) FILTER (NOT shadow AND kind = 'ticket.closed' AND d."by" = 'agent') AS self_closed_at,
    coalesce(list(moment) FILTER (NOT shadow AND asked), []) AS asked_at
FROM told GROUP BY item HAVING count(*) FILTER (kind = 'ticket.received') > 0;

CREATE OR REPLACE TEMP TABLE silences AS
SELECT s.item AS id,
    min(s.moment + hours(1)) FILTER (s.moment + hours(1) <= $now AND coalesce(s.next_at > s.moment + hours(1), true)
        AND (l.person_place IS NULL OR s.place < l.person_place)) AS hour,
    min(s.moment + hours(24)) FILTER (s.moment + hours(24) <= $now AND coalesce(s.next_at > s.moment + hours(24), true)
        AND (l.person_place IS NULL OR s.place < l.person_place)) AS day,
    min(s.moment + hours(72)) FILTER (s.moment + hours(72) <= $now AND coalesce(s.next_at > s.moment + hours(72), true)
        AND (l.person_place IS NULL OR s.place < l.person_place)) AS three_days,
    min(CASE WHEN s.moment + hours(1) > $now THEN s.moment + hours(1) WHEN s.moment + hours(24) > $now THEN s.moment + hours(24)
        WHEN s.moment + hours(72) > $now THEN s.moment + hours(72) END) AS due_at
FROM spoken s JOIN lives l ON l.id = s.item WHERE s.answer GROUP BY s.item;

CREATE OR REPLACE TEMP TABLE judged_tickets AS
WITH known AS (
    SELECT l.*, s.hour, s.day, s.three_days, s.due_at AS silence_due_at,
        r.* EXCLUDE (item),
        greatest(l.received_at, coalesce(l.answered_at, l.received_at)) + days(7) AS settled_at,
        l.routed_agent IS NOT NULL OR l.draft IS NOT NULL OR l.answered_at IS NOT NULL AS routed,
        l.draft IS NOT NULL OR l.answered_at IS NOT NULL AS attempted,
        l.answered_at IS NOT NULL AS answered,
        s.hour IS NOT NULL OR (l.ever_answered AND coalesce(l.closed_at < coalesce(l.person_at, l.closed_at + 1), false))
            AS idle_resolved
    FROM lives l LEFT JOIN silences s ON s.id = l.id LEFT JOIN of_runs r ON r.item = l.id
), seen AS (
    SELECT *, settled_at <= $now AS is_settled, NOT (spam OR merged) AS counted,
        answered AND NOT touched AND NOT open AS is_contained,
        idle_resolved AND len(list_filter(asked_at, lambda x: x > coalesce(hour, received_at)
            AND x <= coalesce(hour, received_at) + days(7))) > 0 AS idle_again,
        self_closed_at IS NOT NULL AND coalesce(list_max(asked_at) > self_closed_at, false) AS self_closed_again
    FROM known
), quiet AS (
    SELECT *, counted AND is_settled AND is_contained AND NOT reopened AS is_quiet FROM seen
)
SELECT *,
    (replies > 0)::INTEGER | (ever_answered::INTEGER << 1) | (last_word::INTEGER << 2)
        | ((routed AND declined)::INTEGER << 3) | (ever_confirmed::INTEGER << 4) | ((person_at IS NOT NULL)::INTEGER << 5)
        | ((hour IS NOT NULL)::INTEGER << 6) | ((day IS NOT NULL)::INTEGER << 7)
        | ((three_days IS NOT NULL)::INTEGER << 8) | (idle_resolved::INTEGER << 9) | (idle_again::INTEGER << 10)
        | ((self_closed_at IS NOT NULL)::INTEGER << 11) | (self_closed_again::INTEGER << 12)
        | (is_settled::INTEGER << 13) AS pattern,
    CASE WHEN is_contained THEN 'automated' WHEN staff_replied OR NOT attempted THEN 'human' ELSE 'assisted' END AS served,
    CASE WHEN is_contained THEN 'contained' WHEN staff_replied THEN CASE WHEN routed THEN 'handed_off' ELSE 'people_alone' END
         WHEN touched THEN 'assisted' ELSE 'left_open' END AS ending
FROM quiet;
