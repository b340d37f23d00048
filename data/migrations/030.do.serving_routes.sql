-- Routes of the model server as data: each change of one is a row that stays, and the newest of a route is what serves.
create table route_revisions (
  route text not null,
  revision integer not null check (revision >= 1),
  spec json, -- null: as built in, or not there
  restores integer check (restores >= 0), -- of an undo: the revision whose spec this is; 0: what there was before the first
  changed_at timestamptz not null default clock_timestamp(),
  changed_by text not null,
  reason text not null,
  primary key (route, revision)
);

create function notify_routes_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('registry_changed', '');
  return null;
end $$;
create trigger route_revisions_changed after insert on route_revisions for each statement execute function notify_routes_changed();
