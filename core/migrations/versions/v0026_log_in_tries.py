"""Tries to log in are counted for all processes together, by account and by the client's address (as digests)."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# Who tries is not known yet, and so no tenant: the application role has no right on the table, only on two functions
# of its owner, to whom one policy opens it. Tries of one account or client wait for each other; the lock on accounts is
# taken before that on clients, so that two never wait in a circle.
CHANGES = """
CREATE TABLE log_in_tries (
    number BIGINT GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_log_in_tries PRIMARY KEY,
    account TEXT NOT NULL,
    client TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL
);
CREATE INDEX ix_log_in_tries_account ON log_in_tries (account, at);
CREATE INDEX ix_log_in_tries_client ON log_in_tries (client, at);
CREATE INDEX ix_log_in_tries_at ON log_in_tries (at);
ALTER TABLE log_in_tries ENABLE ROW LEVEL SECURITY;
ALTER TABLE log_in_tries FORCE ROW LEVEL SECURITY;
DO $$ BEGIN
    EXECUTE format('CREATE POLICY counted ON log_in_tries TO %I USING (true) WITH CHECK (true)', current_user);
END $$;

CREATE FUNCTION try_log_in(of_account text, of_client text, most integer, most_of_client integer, seconds float)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ DECLARE since timestamptz := clock_timestamp() - make_interval(secs => seconds);
BEGIN
    PERFORM pg_advisory_xact_lock(7302, hashtext(of_account));
    PERFORM pg_advisory_xact_lock(7303, hashtext(of_client));
    DELETE FROM log_in_tries WHERE number IN (SELECT number FROM log_in_tries WHERE at < since
                                              LIMIT 100 FOR UPDATE SKIP LOCKED);
    IF (SELECT count(*) FROM log_in_tries WHERE account = of_account AND at >= since) >= most
        OR (SELECT count(*) FROM log_in_tries WHERE client = of_client AND at >= since) >= most_of_client THEN
        RETURN false;
    END IF;
    INSERT INTO log_in_tries (account, client) VALUES (of_account, of_client);
    RETURN true;
END $$;

CREATE FUNCTION forget_log_in_tries(of_account text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ DELETE FROM log_in_tries WHERE account = of_account $$;

REVOKE ALL ON FUNCTION try_log_in(text, text, integer, integer, float), forget_log_in_tries(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION try_log_in(text, text, integer, integer, float), forget_log_in_tries(text) TO saola_app;
"""


def upgrade() -> None:
    op.execute(CHANGES)
