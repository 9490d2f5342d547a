"""The first schema

Revision: 0001
Follows:
"""

import sqlalchemy as sa
from alembic import op

from huabao.db import BigKey, Document, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.create_index(
            "uq_alarms_open", ["kind", "key"], unique=True, sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL")
        )

    op.create_table(
        "assets",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_assets")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=120), nullable=False),
        sa.Column("detail", Document, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_object", ["object_kind", "object_id"], unique=False)

    op.create_table(
        "blacklist_entries",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("msisdn", sa.String(length=11), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "msisdn", name=op.f("pk_blacklist_entries")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("reader_id", BigKey, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index("ix_contacts_reader", ["reader_id", "at"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("dispatch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reader_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("port_id", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("late", sa.SmallInteger(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("submitted_at", UTCDateTime(), nullable=True),
        sa.Column("outcome_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("day", "dispatch_id", "reader_id", name=op.f("pk_deliveries")),
        postgresql_partition_by="RANGE (day)",
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_reader_id", ["reader_id"], unique=False)

    op.create_table(
        "delivery_events",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("port_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("sender", sa.String(length=11), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("status_extension", sa.String(length=80), nullable=True),
        sa.Column("status_text", sa.String(length=200), nullable=True),
        sa.Column("reported_at", UTCDateTime(), nullable=True),
        sa.Column("submission_id", BigKey, nullable=True),
        sa.Column("reader_id", BigKey, nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_events")),
    )
    with op.batch_alter_table("delivery_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_events_open", ["state", "id"], unique=False, sqlite_where=sa.text("state IN (0, 2)"), postgresql_where=sa.text("state IN (0, 2)")
        )
        batch_op.create_index("ix_delivery_events_submission", ["submission_id"], unique=False)

    op.create_table(
        "exclusions",
        sa.Column("dispatch_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("reader_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("dispatch_id", "reader_id", name=op.f("pk_exclusions")),
    )
    op.create_table(
        "handsets",
        sa.Column("model", sa.String(length=120), nullable=False),
        sa.Column("handset_class", sa.String(length=20), nullable=False),
        sa.Column("brand", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_handsets")),
    )
    op.create_table(
        "inbound_messages",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("port_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("linked_id", sa.String(length=120), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
    )
    with op.batch_alter_table("inbound_messages", schema=None) as batch_op:
        batch_op.create_index("ix_inbound_messages_sender", ["sender", "received_at"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column("args", Document, nullable=False),
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("unique_key", sa.String(length=160), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_at", UTCDateTime(), nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_ready", ["queue", "run_at", "id"], unique=False, sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'")
        )
        batch_op.create_index(
            "ix_jobs_running", ["lease_until"], unique=False, sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'")
        )
        batch_op.create_index(
            "uq_jobs_key",
            ["unique_key"],
            unique=True,
            sqlite_where=sa.text("state IN ('queued','running')"),
            postgresql_where=sa.text("state IN ('queued','running')"),
        )

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "ports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.Column("max_recipients", sa.Integer(), nullable=False),
        sa.Column("timeout_s", sa.Double(), nullable=False),
        sa.Column("options", Document, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("deferred_until", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ports")),
        sa.UniqueConstraint("name", name=op.f("uq_ports_name")),
    )
    op.create_table(
        "publications",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("klass", sa.String(length=20), nullable=False),
        sa.Column("service_code", sa.String(length=40), nullable=True),
        sa.Column("stale_after_s", sa.Double(), nullable=True),
        sa.Column("unknown_policy", sa.String(length=20), nullable=False),
        sa.Column("replay_policy", sa.String(length=20), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
        sa.UniqueConstraint("slug", name=op.f("uq_publications_slug")),
    )
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publications_service_id"), ["service_id"], unique=False)

    op.create_table(
        "reader_service_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("reader_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("retrieved", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_success_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("month", "reader_id", "service_id", name=op.f("pk_reader_service_months")),
    )
    op.create_table(
        "readers",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("msisdn", sa.String(length=11), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=True),
        sa.Column("handset", sa.String(length=120), nullable=True),
        sa.Column("handset_class", sa.String(length=20), nullable=True),
        sa.Column("imei", sa.String(length=16), nullable=True),
        sa.Column("drive", sa.String(length=20), nullable=True),
        sa.Column("topics", Document, nullable=False),
        sa.Column("attribute_class", sa.String(length=1), nullable=True),
        sa.Column("preferred_hour", sa.SmallInteger(), nullable=True),
        sa.Column("last_active_at", UTCDateTime(), nullable=True),
        sa.Column("attributes", Document, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readers")),
        sa.UniqueConstraint("msisdn", name=op.f("uq_readers_msisdn")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "segments",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("rule", Document, nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_segments")),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", Document, nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "submissions",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("dispatch_id", BigKey, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("batch_id", BigKey, nullable=False),
        sa.Column("port_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", BigKey, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=True),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("reader_ids", sa.LargeBinary(), nullable=False),
        sa.Column("refused_ids", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("status_text", sa.String(length=200), nullable=True),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index("ix_submissions_batch", ["batch_id"], unique=False)
        batch_op.create_index("ix_submissions_dispatch", ["dispatch_id", "state"], unique=False)
        batch_op.create_index("ix_submissions_message", ["port_id", "message_id"], unique=False)
        batch_op.create_index(
            "ix_submissions_unanswered",
            ["port_id"],
            unique=False,
            sqlite_where=sa.text("message_id IS NULL AND state IN ('leaving', 'unknown')"),
            postgresql_where=sa.text("message_id IS NULL AND state IN ('leaving', 'unknown')"),
        )

    op.create_table(
        "subscription_events",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("reader_id", BigKey, nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("effective_at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_events")),
    )
    with op.batch_alter_table("subscription_events", schema=None) as batch_op:
        batch_op.create_index("ix_subscription_events_reader", ["reader_id", "service_id", "effective_at"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("city", sa.String(length=40), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", UTCDateTime(), nullable=True),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("last_sign_in_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name_key", name=op.f("uq_users_name_key")),
    )
    op.create_table(
        "consents",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("reader_id", BigKey, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name=op.f("fk_consents_reader_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index("ix_consents_reader", ["reader_id", "kind", "recorded_at"], unique=False)

    op.create_table(
        "editions",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("publication_id", BigKey, nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("current_version_id", BigKey, nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], name=op.f("fk_editions_publication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("publication_id", "number", name=op.f("uq_editions_publication_id_number")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("reader_id", BigKey, nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("effective_at", UTCDateTime(), nullable=False),
        sa.Column("stop_state", sa.String(length=10), nullable=False),
        sa.Column("stop_cause", sa.String(length=20), nullable=True),
        sa.Column("stopped_at", UTCDateTime(), nullable=True),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["reader_id"], ["readers.id"], name=op.f("fk_subscriptions_reader_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("service_id", "reader_id", name=op.f("uq_subscriptions_service_id_reader_id")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index("ix_subscriptions_reader", ["reader_id"], unique=False)

    op.create_table(
        "user_sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", BigKey, nullable=False),
        sa.Column("csrf_secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_user_sessions")),
    )
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "edition_versions",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("manuscript", Document, nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_edition_versions_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition_versions")),
        sa.UniqueConstraint("edition_id", "version", name=op.f("uq_edition_versions_edition_id_version")),
    )
    op.create_table(
        "dispatches",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_id", BigKey, nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("audience", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("planned_digest", sa.String(length=64), nullable=False),
        sa.Column("ports", Document, nullable=False),
        sa.Column("start_at", UTCDateTime(), nullable=False),
        sa.Column("deadline_at", UTCDateTime(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_dispatches_edition_id")),
        sa.ForeignKeyConstraint(["edition_version_id"], ["edition_versions.id"], name=op.f("fk_dispatches_edition_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatches")),
    )
    with op.batch_alter_table("dispatches", schema=None) as batch_op:
        batch_op.create_index("ix_dispatches_edition", ["edition_id"], unique=False)

    op.create_table(
        "variants",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("handset_class", sa.String(length=20), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("items", Document, nullable=False),
        sa.Column("moved", Document, nullable=False),
        sa.Column("slides", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("budget_bytes", sa.Integer(), nullable=False),
        sa.Column("worst_quality", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("built_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_version_id"], ["edition_versions.id"], name=op.f("fk_variants_edition_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("edition_version_id", "name", name=op.f("uq_variants_edition_version_id_name")),
    )
    op.create_table(
        "wap_pages",
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("edition_version_id", BigKey, nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition_version_id"], ["edition_versions.id"], name=op.f("fk_wap_pages_edition_version_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_wap_pages")),
    )
    with op.batch_alter_table("wap_pages", schema=None) as batch_op:
        batch_op.create_index("ix_wap_pages_version", ["edition_version_id"], unique=False)

    op.create_table(
        "batches",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("dispatch_id", BigKey, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("variant_id", BigKey, nullable=False),
        sa.Column("port_id", sa.Integer(), nullable=False),
        sa.Column("service_code", sa.String(length=40), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("reader_ids", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("deferrals", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatches.id"], name=op.f("fk_batches_dispatch_id")),
        sa.ForeignKeyConstraint(["port_id"], ["ports.id"], name=op.f("fk_batches_port_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index("ix_batches_dispatch", ["dispatch_id", "state"], unique=False)

    op.create_table(
        "dispatch_transitions",
        sa.Column("id", BigKey, nullable=False),
        sa.Column("dispatch_id", BigKey, nullable=False),
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dispatch_id"], ["dispatches.id"], name=op.f("fk_dispatch_transitions_dispatch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_transitions")),
    )
    with op.batch_alter_table("dispatch_transitions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispatch_transitions_dispatch_id"), ["dispatch_id"], unique=False)

    op.create_table(
        "variant_payloads",
        sa.Column("variant_id", BigKey, nullable=False),
        sa.Column("mime", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_variant_payloads_variant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_variant_payloads")),
    )


def downgrade() -> None:
    op.drop_table("variant_payloads")
    with op.batch_alter_table("dispatch_transitions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dispatch_transitions_dispatch_id"))

    op.drop_table("dispatch_transitions")
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_index("ix_batches_dispatch")

    op.drop_table("batches")
    with op.batch_alter_table("wap_pages", schema=None) as batch_op:
        batch_op.drop_index("ix_wap_pages_version")

    op.drop_table("wap_pages")
    op.drop_table("variants")
    with op.batch_alter_table("dispatches", schema=None) as batch_op:
        batch_op.drop_index("ix_dispatches_edition")

    op.drop_table("dispatches")
    op.drop_table("edition_versions")
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_sessions_user_id"))

    op.drop_table("user_sessions")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index("ix_subscriptions_reader")

    op.drop_table("subscriptions")
    op.drop_table("editions")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index("ix_consents_reader")

    op.drop_table("consents")
    op.drop_table("users")
    with op.batch_alter_table("subscription_events", schema=None) as batch_op:
        batch_op.drop_index("ix_subscription_events_reader")

    op.drop_table("subscription_events")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_submissions_unanswered",
            sqlite_where=sa.text("message_id IS NULL AND state IN ('leaving', 'unknown')"),
            postgresql_where=sa.text("message_id IS NULL AND state IN ('leaving', 'unknown')"),
        )
        batch_op.drop_index("ix_submissions_message")
        batch_op.drop_index("ix_submissions_dispatch")
        batch_op.drop_index("ix_submissions_batch")

    op.drop_table("submissions")
    op.drop_table("settings")
    op.drop_table("segments")
    op.drop_table("readers")
    op.drop_table("reader_service_months")
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publications_service_id"))

    op.drop_table("publications")
    op.drop_table("ports")
    op.drop_table("leases")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("uq_jobs_key", sqlite_where=sa.text("state IN ('queued','running')"), postgresql_where=sa.text("state IN ('queued','running')"))
        batch_op.drop_index("ix_jobs_running", sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))
        batch_op.drop_index("ix_jobs_ready", sqlite_where=sa.text("state = 'queued'"), postgresql_where=sa.text("state = 'queued'"))

    op.drop_table("jobs")
    with op.batch_alter_table("inbound_messages", schema=None) as batch_op:
        batch_op.drop_index("ix_inbound_messages_sender")

    op.drop_table("inbound_messages")
    op.drop_table("handsets")
    op.drop_table("exclusions")
    with op.batch_alter_table("delivery_events", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_events_submission")
        batch_op.drop_index("ix_delivery_events_open", sqlite_where=sa.text("state IN (0, 2)"), postgresql_where=sa.text("state IN (0, 2)"))

    op.drop_table("delivery_events")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_reader_id")

    op.drop_table("deliveries")
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.drop_index("ix_contacts_reader")

    op.drop_table("contacts")
    op.drop_table("blacklist_entries")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_object")

    op.drop_table("audit_entries")
    op.drop_table("assets")
    with op.batch_alter_table("alarms", schema=None) as batch_op:
        batch_op.drop_index("uq_alarms_open", sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"))

    op.drop_table("alarms")
