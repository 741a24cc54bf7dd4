"""Data sets, the providers that hold them, and where their descriptions stand."""

from alembic import op

from kit.database.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        CREATE TABLE providers (
            name text PRIMARY KEY,
            display_name text NOT NULL,
            country text NOT NULL,
            organisation text NOT NULL,
            epoch text NOT NULL
        )""")
    op.execute("""
        CREATE TABLE data_sets (
            name text COLLATE "C" PRIMARY KEY,
            provider text NOT NULL REFERENCES providers,
            title text NOT NULL,
            description text NOT NULL,
            persistent_id text NOT NULL,
            cancer_types text[] NOT NULL,
            modalities text[] NOT NULL,
            body_parts text[] NOT NULL,
            licence text NOT NULL,
            subjects bigint NOT NULL,
            studies bigint NOT NULL,
            series bigint NOT NULL,
            totals_rounded_to bigint NOT NULL,
            origin text NOT NULL,
            state text NOT NULL,
            epoch text NOT NULL,
            create_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL,
            revision bigint NOT NULL UNIQUE
        )""")
    op.execute("CREATE INDEX data_sets_by_provider ON data_sets (provider, name)")
    op.execute("""
        CREATE TABLE descriptions (
            provider text PRIMARY KEY REFERENCES providers,
            epoch text NOT NULL,
            task_id uuid NOT NULL,
            attempts integer NOT NULL,
            progress text NOT NULL,
            due timestamptz,
            taken_epoch text NOT NULL,
            problems text[] NOT NULL
        )""")
    op.execute("CREATE INDEX descriptions_due ON descriptions (due)")
    op.execute("""
        CREATE TABLE requests (
            subject text NOT NULL,
            request_id uuid NOT NULL,
            data_set text NOT NULL,
            create_time timestamptz NOT NULL,
            PRIMARY KEY (subject, request_id)
        )""")
    # Statistics are samples of the content, and outlive it: of people, none.
    op.execute("ALTER TABLE requests ALTER subject SET STATISTICS 0")
    # One row. Its lock puts revisions in the order of commits; its id tells an index of another catalogue apart.
    op.execute("CREATE TABLE revisions (catalogue uuid NOT NULL DEFAULT gen_random_uuid(), last bigint NOT NULL)")
    op.execute("INSERT INTO revisions (last) VALUES (0)")
