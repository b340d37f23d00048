-- Shards of recommendation batches whose events were put on their way: a step that is tried again finds its shard here and sends nothing twice.

create table published_shards (
  batch text not null, -- the run, such as batch/2026-11-23-a1
  shard integer not null check (shard >= 0),
  events integer not null,
  published_at timestamptz not null default now(),
  primary key (batch, shard)
);
