"""Answers known to be bad, put among the audits to see how many of them reviewers catch: apart from audits and
judgements, so that nothing that rests on those can count them."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE known_bad (
               id UUID CONSTRAINT pk_known_bad PRIMARY KEY,
               tenant_id UUID NOT NULL CONSTRAINT fk_known_bad_tenant_id REFERENCES tenants (id),
               work_item_id UUID NOT NULL CONSTRAINT fk_known_bad_work_item_id REFERENCES work_items (id),
               answer_run_id UUID NOT NULL CONSTRAINT fk_known_bad_answer_run_id REFERENCES runs (id),
               "right" BOOLEAN,
               judged_by TEXT DEFAULT '' NOT NULL,
               simulated BOOLEAN DEFAULT false NOT NULL,
               drawn_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
               judged_at TIMESTAMP WITH TIME ZONE,
               CONSTRAINT uq_known_bad_work_item_id UNIQUE (work_item_id)
           )"""
    )
    secure("known_bad")
