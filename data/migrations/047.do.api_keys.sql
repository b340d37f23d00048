-- Keys that were issued, by the digest of each: whoever reads this table can call nothing. A key that is no longer good stays, as its history.
create table api_keys (
  key_id text primary key check (key_id ~ '^[0-9a-f]{12}$'),
  name text not null check (length(name) between 1 and 200), -- whose it is: what they do is done in this name
  role text not null check (role in ('viewer', 'user', 'operator', 'admin')),
  digest bytea not null, -- SHA-256 of the whole key, which has 256 bits of chance in it, so that guessing it from this is hopeless without any salt
  requests_per_minute integer check (requests_per_minute > 0), -- null: as the process is set
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  expires_at timestamptz, -- null: until it is revoked
  replaced_by text references api_keys on delete set null, -- the key that it was rotated to
  last_used_at timestamptz, -- late by some minutes
  revoked_at timestamptz,
  revoked_by text
);
create index api_keys_by_age on api_keys (created_at desc, key_id desc);
