-- What a movie's attributes were, and from when on: features of them are joined as they were at each row's own time.
create table movie_attribute_versions (
  movie_id integer not null, -- no foreign key: a whole set's rows go in one statement, below
  changed_at timestamptz not null,
  attributes jsonb not null,
  primary key (movie_id, changed_at)
);
insert into movie_attribute_versions select movie_id, updated_at, attributes from movies where attributes <> '{}';

-- The clock, not the transaction's beginning: of two that change a movie the later one may have begun earlier.
create function note_movie_attributes() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into movie_attribute_versions select movie_id, clock_timestamp(), attributes from new_rows where attributes <> '{}';
  else
    insert into movie_attribute_versions
    select movie_id,
      greatest(clock_timestamp(), (select max(changed_at) + interval '1 microsecond' from movie_attribute_versions v where v.movie_id = n.movie_id)),
      n.attributes
    from new_rows n join old_rows o using (movie_id) where n.attributes <> o.attributes;
  end if;
  return null;
end $$;
create trigger movies_new_attributes after insert on movies referencing new table as new_rows
  for each statement execute function note_movie_attributes();
create trigger movies_changed_attributes after update on movies referencing old table as old_rows new table as new_rows
  for each statement execute function note_movie_attributes();

create function forget_movie_attributes() returns trigger language plpgsql as $$
begin
  delete from movie_attribute_versions v using old_rows o where v.movie_id = o.movie_id;
  return null;
end $$;
create trigger movies_without_attributes after delete on movies referencing old table as old_rows
  for each statement execute function forget_movie_attributes();
