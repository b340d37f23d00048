-- Who is signed in to the console, by the digest of each session's token: whoever reads this table can call nothing.
create table console_sessions (
  digest bytea primary key, -- SHA-256 of the token, which has 256 bits of chance in it
  key_id text references api_keys on delete cascade, -- of an issued key: the session is good for as long as it is
  name text, -- of CREDENTIALS
  proof bytea, -- of CREDENTIALS: SHA-256 of the token with what stands there of that name, so that a session ends when that changes
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  check ((key_id is null) = (name is not null and proof is not null))
);
create index console_sessions_by_end on console_sessions (expires_at);
create index console_sessions_by_key on console_sessions (key_id);

-- The catalogue is searched by words of titles, the last of which may be begun alone.
create index movies_by_words on movies using gin (to_tsvector('simple', title));
create index tmdb_movies_by_words on tmdb_movies using gin (to_tsvector('simple', title));
