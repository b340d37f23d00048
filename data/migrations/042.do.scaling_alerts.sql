-- Services that have too much to do, and how many replicas of each are wanted.

create table scaling_alerts (
  alert_id bigint generated always as identity primary key,
  service_name text not null,
  wanted integer not null check (wanted >= 1),
  reason text not null,
  raised_at timestamptz not null default clock_timestamp(),
  changed_at timestamptz not null default clock_timestamp(), -- since when so many are wanted
  resolved_at timestamptz,
  resolved_reason text
);
create unique index scaling_alerts_open on scaling_alerts (service_name) where resolved_at is null;
create index scaling_alerts_of_service on scaling_alerts (service_name, raised_at desc);

-- Services that a workflow looks at, so that nobody tells it what it sees by itself. One that was looked at long ago is watched by nobody.
create table service_watches (
  service_name text primary key,
  looked_at timestamptz not null default clock_timestamp()
);
