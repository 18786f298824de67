CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
;
CREATE TABLE attempts (
	subject TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	started BIGINT NOT NULL, 
	last BIGINT NOT NULL, 
	CONSTRAINT pk_attempts PRIMARY KEY (subject)
)
;
CREATE TABLE backend_resources (
	backend TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	resource_id TEXT NOT NULL, 
	document TEXT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_backend_resources PRIMARY KEY (backend, kind, name)
)
;
CREATE TABLE facts (
	name TEXT NOT NULL, 
	value BLOB NOT NULL, 
	CONSTRAINT pk_facts PRIMARY KEY (name)
)
;
CREATE TABLE identity_pools (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_identity_pools PRIMARY KEY (id)
)
;
CREATE TABLE inbox (
	id INTEGER NOT NULL, 
	pool_id TEXT NOT NULL, 
	username TEXT NOT NULL, 
	destination TEXT NOT NULL, 
	medium TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	content BLOB NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_inbox PRIMARY KEY (id)
)
;
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	pool_id TEXT NOT NULL, 
	username TEXT NOT NULL, 
	destination TEXT NOT NULL, 
	medium TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	content BLOB NOT NULL, 
	created BIGINT NOT NULL, due BIGINT DEFAULT '0' NOT NULL, tries BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (id)
)
;
CREATE TABLE pools (
	id TEXT NOT NULL, 
	region TEXT NOT NULL, 
	name TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_pools PRIMARY KEY (id)
)
;
CREATE TABLE roles (
	arn TEXT NOT NULL, 
	name TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	trust TEXT NOT NULL, 
	policies TEXT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_roles PRIMARY KEY (arn)
)
;
CREATE TABLE secrets (
	name TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	value BLOB NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_secrets PRIMARY KEY (name)
)
;
CREATE TABLE used_sessions (
	id TEXT NOT NULL, 
	expires BIGINT NOT NULL, 
	CONSTRAINT pk_used_sessions PRIMARY KEY (id)
)
;
CREATE TABLE clients (
	id TEXT NOT NULL, 
	pool_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	secret BLOB, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_clients PRIMARY KEY (id), 
	CONSTRAINT fk_clients_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE groups (
	id INTEGER NOT NULL, 
	pool_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	description TEXT, 
	role_arn TEXT, 
	precedence BIGINT, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_groups PRIMARY KEY (id), 
	CONSTRAINT fk_groups_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE, 
	CONSTRAINT uq_groups_pool_id_name UNIQUE (pool_id, name)
)
;
CREATE TABLE identities (
	id TEXT NOT NULL, 
	identity_pool_id TEXT NOT NULL, 
	provider TEXT, 
	subject TEXT, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_identities PRIMARY KEY (id), 
	CONSTRAINT fk_identities_identity_pool_id FOREIGN KEY(identity_pool_id) REFERENCES identity_pools (id) ON DELETE CASCADE, 
	CONSTRAINT uq_identities_identity_pool_id_provider_subject UNIQUE (identity_pool_id, provider, subject)
)
;
CREATE TABLE pool_counts (
	pool_id TEXT NOT NULL, 
	shard BIGINT NOT NULL, 
	users BIGINT NOT NULL, 
	CONSTRAINT pk_pool_counts PRIMARY KEY (pool_id, shard), 
	CONSTRAINT fk_pool_counts_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE signing_keys (
	kid TEXT NOT NULL, 
	pool_id TEXT NOT NULL, 
	use TEXT NOT NULL, 
	public_jwk TEXT NOT NULL, 
	private BLOB NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_signing_keys PRIMARY KEY (kid), 
	CONSTRAINT fk_signing_keys_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE users (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	pool_id TEXT NOT NULL, 
	username TEXT NOT NULL, 
	username_key TEXT NOT NULL, 
	sub TEXT NOT NULL, 
	status TEXT NOT NULL, 
	enabled BIGINT NOT NULL, 
	attributes TEXT NOT NULL, 
	credential BLOB, 
	temporary_until BIGINT, 
	tokens_not_before BIGINT NOT NULL, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT fk_users_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE, 
	CONSTRAINT uq_users_pool_id_sub UNIQUE (pool_id, sub), 
	CONSTRAINT uq_users_pool_id_username_key UNIQUE (pool_id, username_key)
)
;
CREATE TABLE codes (
	user_id BIGINT NOT NULL, 
	purpose TEXT NOT NULL, 
	digest BLOB NOT NULL, 
	attribute TEXT NOT NULL, 
	destination TEXT NOT NULL, 
	expires BIGINT NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_codes PRIMARY KEY (user_id, purpose), 
	CONSTRAINT fk_codes_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE memberships (
	group_id BIGINT NOT NULL, 
	user_id BIGINT NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (group_id, user_id), 
	CONSTRAINT fk_memberships_group_id FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
 WITHOUT ROWID


;
CREATE TABLE token_families (
	id TEXT NOT NULL, 
	user_id BIGINT NOT NULL, 
	client_id TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	auth_time BIGINT NOT NULL, 
	created BIGINT NOT NULL, 
	expires BIGINT NOT NULL, 
	revoked BIGINT, generation BIGINT DEFAULT '0' NOT NULL, rotated BIGINT, device_key TEXT, 
	CONSTRAINT pk_token_families PRIMARY KEY (id), 
	CONSTRAINT fk_token_families_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE user_aliases (
	pool_id TEXT NOT NULL, 
	value_key TEXT NOT NULL, 
	name TEXT NOT NULL, 
	user_id BIGINT NOT NULL, 
	CONSTRAINT pk_user_aliases PRIMARY KEY (pool_id, value_key, name), 
	CONSTRAINT fk_user_aliases_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE, 
	CONSTRAINT fk_user_aliases_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE user_search (
	pool_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	value_key TEXT NOT NULL, 
	user_id BIGINT NOT NULL, 
	CONSTRAINT pk_user_search PRIMARY KEY (pool_id, name, value_key, user_id), 
	CONSTRAINT fk_user_search_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE, 
	CONSTRAINT fk_user_search_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE domains (
	domain TEXT NOT NULL, 
	pool_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_domains PRIMARY KEY (domain), 
	CONSTRAINT fk_domains_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE, 
	CONSTRAINT uq_domains_pool_id_kind UNIQUE (pool_id, kind)
)
;
CREATE TABLE identity_providers (
	pool_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	type TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	details BLOB NOT NULL, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_identity_providers PRIMARY KEY (pool_id, name), 
	CONSTRAINT fk_identity_providers_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE resource_servers (
	pool_id TEXT NOT NULL, 
	identifier TEXT NOT NULL, 
	name TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	CONSTRAINT pk_resource_servers PRIMARY KEY (pool_id, identifier), 
	CONSTRAINT fk_resource_servers_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE devices (
	user_id BIGINT NOT NULL, 
	device_key TEXT NOT NULL, 
	group_key TEXT NOT NULL, 
	verifier BLOB, 
	remembered BIGINT NOT NULL, 
	attributes TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	authenticated BIGINT NOT NULL, 
	CONSTRAINT pk_devices PRIMARY KEY (user_id, device_key), 
	CONSTRAINT fk_devices_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE factors (
	user_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	secret BLOB, 
	state TEXT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_factors PRIMARY KEY (user_id, kind), 
	CONSTRAINT fk_factors_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE linked_identities (
	pool_id TEXT NOT NULL, 
	provider TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	user_id BIGINT NOT NULL, 
	description TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_linked_identities PRIMARY KEY (pool_id, provider, subject), 
	CONSTRAINT fk_linked_identities_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE, 
	CONSTRAINT fk_linked_identities_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE passkeys (
	pool_id TEXT NOT NULL, 
	id TEXT NOT NULL, 
	user_id BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	relying_party TEXT NOT NULL, 
	public_key BLOB NOT NULL, 
	sign_count BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT pk_passkeys PRIMARY KEY (pool_id, id), 
	CONSTRAINT fk_passkeys_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE, 
	CONSTRAINT fk_passkeys_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
)
;
CREATE TABLE import_jobs (
	id TEXT NOT NULL, 
	pool_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	status TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	content BLOB, 
	created BIGINT NOT NULL, 
	started BIGINT, 
	ended BIGINT, 
	CONSTRAINT pk_import_jobs PRIMARY KEY (id), 
	CONSTRAINT fk_import_jobs_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE import_rows (
	job_id TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	outcome TEXT NOT NULL, 
	message TEXT NOT NULL, 
	CONSTRAINT pk_import_rows PRIMARY KEY (job_id, line), 
	CONSTRAINT fk_import_rows_job_id FOREIGN KEY(job_id) REFERENCES import_jobs (id) ON DELETE CASCADE
)
;
CREATE TABLE looks (
	pool_id TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	css TEXT, 
	css_version TEXT, 
	image BLOB, 
	image_type TEXT, 
	settings TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_looks PRIMARY KEY (pool_id, client_id), 
	CONSTRAINT fk_looks_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE audit_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	pool_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	result TEXT NOT NULL, 
	body TEXT NOT NULL, 
	mac BLOB NOT NULL, 
	seq BIGINT, 
	hash BLOB
)
;
CREATE TABLE audit_hours (
	pool_id TEXT NOT NULL, 
	hour BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	result TEXT NOT NULL, 
	events BIGINT NOT NULL, 
	CONSTRAINT pk_audit_hours PRIMARY KEY (pool_id, hour, kind, result)
)
;
CREATE TABLE delegations (
	pool_id TEXT NOT NULL, 
	rules TEXT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_delegations PRIMARY KEY (pool_id), 
	CONSTRAINT fk_delegations_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE bulk_runs (
	id TEXT NOT NULL, 
	pool_id TEXT NOT NULL, 
	group_name TEXT NOT NULL, 
	action TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	status TEXT NOT NULL, 
	names BLOB NOT NULL, 
	total BIGINT NOT NULL, 
	held_until BIGINT NOT NULL, 
	created BIGINT NOT NULL, 
	modified BIGINT NOT NULL, 
	CONSTRAINT pk_bulk_runs PRIMARY KEY (id), 
	CONSTRAINT fk_bulk_runs_pool_id FOREIGN KEY(pool_id) REFERENCES pools (id) ON DELETE CASCADE
)
;
CREATE TABLE bulk_rows (
	run_id TEXT NOT NULL, 
	line BIGINT NOT NULL, 
	outcome TEXT NOT NULL, 
	message TEXT NOT NULL, 
	CONSTRAINT pk_bulk_rows PRIMARY KEY (run_id, line), 
	CONSTRAINT fk_bulk_rows_run_id FOREIGN KEY(run_id) REFERENCES bulk_runs (id) ON DELETE CASCADE
)
;
CREATE INDEX ix_inbox_destination_id ON inbox (destination, id)
;
CREATE INDEX ix_inbox_username_id ON inbox (username, id)
;
CREATE INDEX ix_pools_region_id ON pools (region, id)
;
CREATE INDEX ix_roles_owner ON roles (owner)
;
CREATE INDEX ix_used_sessions_expires ON used_sessions (expires)
;
CREATE INDEX ix_clients_pool_id_id ON clients (pool_id, id)
;
CREATE INDEX ix_signing_keys_pool_id_use_created ON signing_keys (pool_id, use, created)
;
CREATE INDEX ix_users_pool_id_enabled_id ON users (pool_id, enabled, id)
;
CREATE INDEX ix_users_pool_id_id ON users (pool_id, id)
;
CREATE INDEX ix_users_pool_id_status_id ON users (pool_id, status, id)
;
CREATE INDEX ix_memberships_user_id_group_id ON memberships (user_id, group_id)
;
CREATE INDEX ix_token_families_expires ON token_families (expires)
;
CREATE INDEX ix_token_families_user_id ON token_families (user_id)
;
CREATE INDEX ix_user_aliases_user_id ON user_aliases (user_id)
;
CREATE INDEX ix_user_search_user_id ON user_search (user_id)
;
CREATE INDEX ix_linked_identities_user_id ON linked_identities (user_id)
;
CREATE INDEX ix_passkeys_user_id_created ON passkeys (user_id, created)
;
CREATE INDEX ix_import_jobs_pool_id_created_id ON import_jobs (pool_id, created, id)
;
CREATE INDEX ix_outbox_due_id ON outbox (due, id)
;
CREATE INDEX ix_identities_identity_pool_id_id ON identities (identity_pool_id, id)
;
CREATE INDEX ix_audit_events_pool_id_id ON audit_events (pool_id, id) WHERE seq IS NOT NULL
;
CREATE INDEX ix_audit_events_pool_id_subject_id ON audit_events (pool_id, subject, id) WHERE seq IS NOT NULL
;
CREATE INDEX ix_audit_events_pool_id_actor_id ON audit_events (pool_id, actor, id) WHERE seq IS NOT NULL
;
CREATE UNIQUE INDEX uq_audit_events_seq ON audit_events (seq) WHERE seq IS NOT NULL
;
CREATE INDEX ix_audit_events_loose ON audit_events (id) WHERE seq IS NULL
;
CREATE TRIGGER audit_events_keep BEFORE DELETE ON audit_events BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
;
CREATE TRIGGER audit_events_fix BEFORE UPDATE ON audit_events WHEN OLD.seq IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.pool_id IS NOT OLD.pool_id OR NEW.kind IS NOT OLD.kind OR NEW.operation IS NOT OLD.operation OR NEW.actor IS NOT OLD.actor OR NEW.subject IS NOT OLD.subject OR NEW.result IS NOT OLD.result OR NEW.body IS NOT OLD.body OR NEW.mac IS NOT OLD.mac BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
;
CREATE INDEX ix_bulk_runs_pool_id_group_name_created_id ON bulk_runs (pool_id, group_name, created, id)
;
CREATE INDEX ix_bulk_runs_created ON bulk_runs (created)
;
CREATE INDEX ix_users_pool_id_created ON users (pool_id, created)
;
CREATE INDEX ix_audit_events_pool_id_operation_id ON audit_events (pool_id, operation, id) WHERE seq IS NOT NULL
;
INSERT INTO alembic_version (version_num) VALUES ('0007')
