-- The erasure of users: who is to be forgotten, what was found of them where, and by what it is known that they were.

create table erasures (
  receipt uuid primary key default gen_random_uuid(),
  user_id text, -- until all is erased, and then nobody's
  requested_by text not null, -- who asked, not whom it is about
  requested_at timestamptz not null default clock_timestamp(),
  erased_before timestamptz not null, -- what is later is somebody new's
  is_repeated boolean not null default false, -- found again, as after a backup was restored
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done')),
  swept_at timestamptz, -- when every store had been gone through once: who began before may have read what is gone now
  waits_for text[] not null default '{}', -- runs that began before
  done_at timestamptz
);
create index erasures_recent on erasures (requested_at desc, receipt desc);
create index erasures_to_do on erasures (requested_at) where state <> 'done';

-- What was found in each store when it was looked at again. Nothing here says whom it was of.
create table erasure_stores (
  receipt uuid not null references erasures on delete cascade,
  store text not null,
  erased bigint not null default 0,
  found bigint, -- when it was looked at last; null where it was not yet
  kept_until timestamptz, -- of what was found; null where nobody knows
  reason text, -- why that is kept
  looked_at timestamptz,
  failure text, -- why the last try did not come to its end; null where it did
  failed_at timestamptz,
  primary key (receipt, store)
);

-- Keyed hashes of those who were erased: what is told of the time before is dropped wherever it comes in, and a restored backup is gone through by them.
create table erased_users (
  user_hash text primary key,
  erased_before timestamptz not null
);

-- The key of the hashes where ERASURE_KEY gives none. Made here, so that every backup has the same.
create table erasure_key (
  is_only boolean primary key default true check (is_only),
  key text not null
);
insert into erasure_key (key) values (gen_random_uuid()::text || gen_random_uuid()::text);

-- Users that a version learnt from and that were erased since. Their rows are taken out of its files; what it learnt by them stays until it is trained anew.
alter table model_versions add column learnt_from_erased integer not null default 0;
