"""What a model that helps as a judge says of automated runs: apart from people's verdicts, and never one of them."""

from alembic import op

from core.migrations.versions.v0001_line import secure

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE judge_words (
               id UUID CONSTRAINT pk_judge_words PRIMARY KEY,
               tenant_id UUID NOT NULL CONSTRAINT fk_judge_words_tenant_id REFERENCES tenants (id),
               run_id UUID NOT NULL CONSTRAINT fk_judge_words_run_id REFERENCES runs (id),
               model TEXT DEFAULT '' NOT NULL,
               "right" BOOLEAN,
               reason TEXT DEFAULT '' NOT NULL,
               cost_usd DOUBLE PRECISION DEFAULT '0' NOT NULL,
               at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
               CONSTRAINT uq_judge_words_run_id_model UNIQUE (run_id, model)
           )"""
    )
    secure("judge_words")
