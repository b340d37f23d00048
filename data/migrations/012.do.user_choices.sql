-- What users chose and what they think of it, told once, for whoever learns from it, answers by it or counts it.

-- What an event says of a movie: a rating says it, whatever the event's type; without one a like or a dislike does; anything else only says that
-- the user met the movie, as does an event of type `rating` that has none.
create function opinion_of(interaction_type text, rating double precision) returns text
language sql immutable parallel safe as $$
  select case when rating is not null then 'rating' when interaction_type in ('like', 'dislike') then interaction_type end
$$;

-- A row for each user and movie they met: their latest opinion or, where they gave none, the latest time they met it (opinion null). So no view or
-- click takes an opinion back. Of opinions of one moment one with a rating counts, the higher one.
create view user_choices as
  select distinct on (user_id, movie_id) user_id, movie_id, opinion, rating, happened_at, opinion is distinct from 'dislike' as is_chosen
  from (
    select user_id, movie_id, 'rating' as opinion, rating, rated_at as happened_at from ratings
    union all
    select user_id, movie_id, opinion_of(interaction_type, rating), rating, occurred_at from interactions
  ) log
  order by user_id, movie_id, opinion is null, happened_at desc, rating desc nulls last;
