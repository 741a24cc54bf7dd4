"""Models, their versions, and which request ids were used."""

from alembic import op

from kit.database.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        CREATE TABLE models (
            name text COLLATE "C" PRIMARY KEY,
            organisation text NOT NULL,
            display_name text NOT NULL,
            description text NOT NULL,
            task text NOT NULL,
            modalities text[] NOT NULL,
            body_parts text[] NOT NULL,
            cancer_types text[] NOT NULL,
            published boolean NOT NULL,
            create_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL,
            revision bigint NOT NULL,
            words tsvector GENERATED ALWAYS AS (
                to_tsvector('english', replace(name, 'models/', '') || ' ' || display_name || ' ' || description)
            ) STORED
        )""")
    op.execute("CREATE INDEX models_words ON models USING gin (words)")
    op.execute("""
        CREATE TABLE model_versions (
            number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            name text PRIMARY KEY,
            model text NOT NULL REFERENCES models,
            artefact_digest text NOT NULL,
            artefact_uri text NOT NULL,
            card jsonb NOT NULL,
            stage text NOT NULL,
            create_time timestamptz NOT NULL,
            stage_time timestamptz NOT NULL,
            publish_time timestamptz,
            revision bigint NOT NULL
        )""")
    op.execute("CREATE INDEX model_versions_by_model ON model_versions (model, number)")
    op.execute("""
        CREATE TABLE requests (
            subject text NOT NULL,
            request_id uuid NOT NULL,
            name text NOT NULL,
            create_time timestamptz NOT NULL,
            PRIMARY KEY (subject, request_id)
        )""")
    # Statistics are samples of the content, and outlive it: of people, none.
    op.execute("ALTER TABLE requests ALTER subject SET STATISTICS 0")
