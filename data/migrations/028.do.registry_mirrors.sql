-- What of the registry was also logged to another MLflow server, so that it is caught up after that server, or we, were away.
create table registry_mirrors (
  target text primary key, -- the server's address, without credentials
  owner text, -- the process that logs to it now; one alone, so that nothing is logged twice
  leased_until timestamptz not null default '-infinity',
  reached_at timestamptz, -- the last time that it answered
  failure text, -- why it was not reached since; null where it was
  failed_at timestamptz
);
create table registry_mirrored (
  target text not null,
  kind text not null check (kind in ('run', 'version')),
  id text not null, -- of a version its name and number
  fingerprint text not null, -- of what was logged, or refused, last
  mirrored_as text, -- its id there; null where it was never logged
  refusal text, -- why the server did not take it; null where it did
  tried_at timestamptz not null default now(),
  primary key (target, kind, id)
);
