-- What users chose and what they think of it, told once, for whoever learns from it, answers by it or counts it; and which of several rows of one
-- moment came later, since in many sets most of a user's rows share their second with another.

alter table ratings add column line integer; -- where the row stood in its file; null for what came before this column
alter table interactions add column seq bigint generated always as identity; -- in the order in which events came in

-- What an event says of a movie: a rating says it, whatever the event's type; without one a like or a dislike does; anything else only says that
-- the user met the movie, as does an event of type `rating` that has none.
create function opinion_of(interaction_type text, rating double precision) returns text
language sql immutable parallel safe as $$
  select case when rating is not null then 'rating' when interaction_type in ('like', 'dislike') then interaction_type end
$$;

-- A row for each user and movie they met: their latest opinion or, where they gave none, the latest time they met it (opinion null). So no view or
-- click takes an opinion back. `place` orders rows of one moment, an event after a rating that came with a set; it is null where nobody knows. Two
-- joins instead of one sort over both tables: most ratings have no event beside them.
create view user_choices as
  select user_id, movie_id, 'rating' as opinion, rating, rated_at as happened_at, true as is_chosen, line::bigint as place
  from ratings r
  where not exists (
    select from interactions i
    where i.user_id = r.user_id and i.movie_id = r.movie_id and i.occurred_at >= r.rated_at and opinion_of(i.interaction_type, i.rating) is not null
  )
  union all
  select user_id, movie_id, opinion, rating, happened_at, opinion is distinct from 'dislike', seq + 2147483647
  from (
    select distinct on (user_id, movie_id)
      user_id, movie_id, opinion_of(interaction_type, rating) as opinion, rating, occurred_at as happened_at, seq
    from interactions
    order by user_id, movie_id, opinion_of(interaction_type, rating) is null, occurred_at desc, seq desc
  ) e
  where not exists (
    select from ratings r where r.user_id = e.user_id and r.movie_id = e.movie_id and (e.opinion is null or r.rated_at > e.happened_at)
  );
