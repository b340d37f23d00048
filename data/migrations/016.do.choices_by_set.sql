-- The data set that a choice came with (ratings.source); null for one that an event told.
create or replace view user_choices as
  select user_id, movie_id, 'rating' as opinion, rating, rated_at as happened_at, true as is_chosen, line::bigint as place, source
  from ratings r
  where not exists (
    select from interactions i
    where i.user_id = r.user_id and i.movie_id = r.movie_id and i.occurred_at >= r.rated_at and opinion_of(i.interaction_type, i.rating) is not null
  )
  union all
  select user_id, movie_id, opinion, rating, happened_at, opinion is distinct from 'dislike', seq + 2147483647, null
  from (
    select distinct on (user_id, movie_id)
      user_id, movie_id, opinion_of(interaction_type, rating) as opinion, rating, occurred_at as happened_at, seq
    from interactions
    order by user_id, movie_id, opinion_of(interaction_type, rating) is null, occurred_at desc, seq desc
  ) e
  where not exists (
    select from ratings r where r.user_id = e.user_id and r.movie_id = e.movie_id and (e.opinion is null or r.rated_at > e.happened_at)
  );
